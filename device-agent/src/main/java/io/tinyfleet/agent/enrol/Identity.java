package io.tinyfleet.agent.enrol;

import io.tinyfleet.agent.install.AgentHome;
import io.tinyfleet.agent.install.Disk;
import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.protocol.trust.TrustException;
import io.tinyfleet.protocol.trust.TrustedRoot;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Properties;

/** Who this device is to the server, as enrolment left it: id, credentials and the root it trusts. */
public record Identity(DeviceId device, String hardwareClass, String kind, Broker broker, TrustedRoot root) {

    /**
     * How to sign in at the broker. The secret is in no log line: this type prints without it.
     *
     * @param authorities whose signature on the broker's certificate counts; empty where nothing is encrypted
     */
    public record Broker(String url, String username, String password, LinkAuthorities authorities) {
        @Override
        public String toString() {
            return "Broker[" + url + ", " + username + "]";
        }
    }

    /** A device that nobody has enrolled: it runs what came with its image and talks to nobody. */
    public static Identity notEnrolled(TrustedRoot root, String hardwareClass) {
        return new Identity(
                new DeviceId("not-enrolled"),
                hardwareClass,
                "NOT_ENROLLED",
                new Broker("", "", "", LinkAuthorities.NONE),
                root);
    }

    public boolean isEnrolled() {
        return !broker.url().isEmpty();
    }

    static Path key(AgentHome home) {
        return home.identity().resolve("device-key.pem");
    }

    static Path rootFile(AgentHome home) {
        return home.identity().resolve("root.dsse");
    }

    static Path authorities(AgentHome home) {
        return home.identity().resolve("link-authorities.pem");
    }

    static Path credentials(AgentHome home) {
        return home.identity().resolve("credentials.properties");
    }

    /**
     * Reads what enrolment stored.
     *
     * @throws NotEnrolledException with what to do when the device is not enrolled or its files are spoiled
     */
    public static Identity read(Disk disk, AgentHome home) throws IOException, NotEnrolledException {
        Optional<byte[]> root = disk.read(rootFile(home));
        Optional<byte[]> credentials = disk.read(credentials(home));
        if (root.isEmpty() || credentials.isEmpty()) {
            throw new NotEnrolledException(home.root() + " is not enrolled: run the command enrol first");
        }
        Properties properties = new Properties();
        properties.load(new StringReader(new String(credentials.get(), StandardCharsets.UTF_8)));
        try {
            return new Identity(
                    new DeviceId(required(properties, "device.id", home)),
                    required(properties, "hardware-class", home),
                    required(properties, "kind", home),
                    new Broker(
                            required(properties, "mqtt.url", home),
                            required(properties, "mqtt.username", home),
                            required(properties, "mqtt.password", home),
                            authorities(disk, home, required(properties, "mqtt.url", home))),
                    TrustedRoot.pin(root.get()));
        } catch (TrustException e) {
            throw new NotEnrolledException(
                    rootFile(home) + " is not the root that was pinned (" + e.code() + "): enrol again");
        }
    }

    private static LinkAuthorities authorities(Disk disk, AgentHome home, String url)
            throws IOException, NotEnrolledException {
        if (!Address.isEncrypted(url)) {
            return LinkAuthorities.NONE;
        }
        Optional<byte[]> pem = disk.read(authorities(home));
        if (pem.isEmpty()) {
            throw new NotEnrolledException(authorities(home)
                    + " is missing, so nobody says which certificate to trust at " + url + ": enrol again");
        }
        try {
            return LinkAuthorities.parse(new String(pem.get(), StandardCharsets.US_ASCII));
        } catch (LinkAuthorities.UnusableAuthoritiesException e) {
            throw new NotEnrolledException(authorities(home) + ": " + e.getMessage() + ": enrol again");
        }
    }

    private static String required(Properties properties, String name, AgentHome home) throws NotEnrolledException {
        String value = properties.getProperty(name);
        if (value == null || value.isEmpty()) {
            throw new NotEnrolledException(credentials(home) + " has no " + name + ": enrol again");
        }
        return value;
    }

    /** What goes into the credentials file. */
    byte[] credentialsContent() {
        StringBuilder content = new StringBuilder();
        line(content, "device.id", device.value());
        line(content, "hardware-class", hardwareClass);
        line(content, "kind", kind);
        line(content, "mqtt.url", broker.url());
        line(content, "mqtt.username", broker.username());
        line(content, "mqtt.password", broker.password());
        return content.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static void line(StringBuilder content, String name, String value) {
        content.append(name).append('=');
        value.chars().forEach(c -> {
            if (c == '\\') {
                content.append('\\');
            }
            content.append((char) c);
        });
        content.append('\n');
    }
}
