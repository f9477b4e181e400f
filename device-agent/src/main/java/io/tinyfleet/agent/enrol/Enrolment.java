package io.tinyfleet.agent.enrol;

import io.tinyfleet.agent.install.AgentHome;
import io.tinyfleet.agent.install.Disk;
import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.enrol.EnrolmentProof;
import io.tinyfleet.protocol.trust.SigningKey;
import io.tinyfleet.protocol.trust.TrustException;
import io.tinyfleet.protocol.trust.TrustedRoot;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.Proxy;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Makes this machine a device of a fleet. The key is made and stored first; the same token with the same key gets the
 * same answer again, so a power cut anywhere in between costs nothing but another call.
 */
public final class Enrolment {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final int MAX_ANSWER_BYTES = 256 * 1024;

    private final Disk disk;
    private final AgentHome home;

    /** What the person at the keyboard says. */
    public record Request(String server, String token, DeviceId device, String hardwareClass) {}

    /** The server or its address was refused; the sentence says why. */
    public static final class EnrolmentException extends Exception {
        private static final long serialVersionUID = 1L;

        EnrolmentException(String sentence) {
            super(sentence);
        }
    }

    public Enrolment(Disk disk, AgentHome home) {
        this.disk = disk;
        this.home = home;
    }

    public Identity enrol(Request request) throws EnrolmentException, IOException {
        Optional<String> objection = Address.findObjection(request.server());
        if (objection.isPresent()) {
            throw new EnrolmentException(objection.get());
        }
        home.create(disk);
        SigningKey key = findOrMakeKey();
        Map<String, Object> answer = post(request, key);
        Identity identity = read(answer, request);
        disk.writeAtomic(Identity.rootFile(home), decode(answer, "root"));
        disk.writeAtomic(
                Identity.authorities(home),
                identity.broker().authorities().pem().getBytes(StandardCharsets.US_ASCII));
        disk.writeAtomic(Identity.credentials(home), identity.credentialsContent());
        return identity;
    }

    /** The key is on the medium before anybody hears of it. */
    private SigningKey findOrMakeKey() throws IOException {
        Path file = Identity.key(home);
        if (disk.size(file) >= 0) {
            return SigningKey.readPem(file);
        }
        SigningKey key = SigningKey.generate();
        key.writePem(file);
        return key;
    }

    // ---- asking

    private Map<String, Object> post(Request request, SigningKey key) throws EnrolmentException, IOException {
        byte[] spki = key.spki();
        byte[] proof = key.sign(EnrolmentProof.toSign(request.token(), request.device(), spki));
        String body = "{\"token\":" + Json.quote(request.token())
                + ",\"deviceId\":" + Json.quote(request.device().value())
                + ",\"publicKey\":" + Json.quote(Base64.getEncoder().encodeToString(spki))
                + ",\"proof\":" + Json.quote(Base64.getEncoder().encodeToString(proof))
                + ",\"hardwareClass\":" + Json.quote(request.hardwareClass()) + "}";
        URI address = URI.create(request.server().replaceFirst("/+$", "") + "/api/v1/enrol");
        HttpURLConnection connection = (HttpURLConnection) address.toURL().openConnection(Proxy.NO_PROXY);
        connection.setConnectTimeout((int) PATIENCE.toMillis());
        connection.setReadTimeout((int) PATIENCE.toMillis());
        connection.setInstanceFollowRedirects(false);
        connection.setRequestMethod("POST");
        connection.setRequestProperty("Content-Type", "application/json");
        connection.setRequestProperty("Accept", "application/json, application/problem+json");
        connection.setDoOutput(true);
        try (OutputStream out = connection.getOutputStream()) {
            out.write(body.getBytes(StandardCharsets.UTF_8));
        }
        int status = connection.getResponseCode();
        if (status < 200 || status > 299) {
            throw new EnrolmentException(
                    request.server() + " refused the enrolment (" + status + "): " + text(connection.getErrorStream()));
        }
        try (InputStream in = connection.getInputStream()) {
            return Json.readObject(text(in));
        }
    }

    private static String text(@Nullable InputStream in) throws IOException {
        if (in == null) {
            return "no reason given";
        }
        byte[] content = in.readNBytes(MAX_ANSWER_BYTES + 1);
        if (content.length > MAX_ANSWER_BYTES) {
            throw new IOException("the answer is longer than " + MAX_ANSWER_BYTES + " bytes");
        }
        return new String(content, StandardCharsets.UTF_8);
    }

    // ---- the answer

    private static Identity read(Map<String, Object> answer, Request request) throws EnrolmentException {
        if (!string(answer, "deviceId").equals(request.device().value())) {
            throw new EnrolmentException("the server answered for the device " + string(answer, "deviceId"));
        }
        byte[] root = decode(answer, "root");
        String expected = string(answer, "rootSha256").toLowerCase(Locale.ROOT);
        if (!Digest.of(root).hex().equals(expected)) {
            throw new EnrolmentException("the root in the answer does not have the SHA-256 that the answer names");
        }
        if (!(answer.get("mqtt") instanceof Map<?, ?> mqtt)) {
            throw new EnrolmentException("the answer has no mqtt object");
        }
        String url = string(mqtt, "url");
        Optional<String> objection = Address.findObjection(url);
        if (objection.isPresent()) {
            throw new EnrolmentException("the broker's address " + objection.get());
        }
        Identity.Broker broker =
                new Identity.Broker(url, string(mqtt, "username"), string(mqtt, "password"), authorities(mqtt, url));
        try {
            return new Identity(
                    request.device(), request.hardwareClass(), string(answer, "kind"), broker, TrustedRoot.pin(root));
        } catch (TrustException e) {
            throw new EnrolmentException("the root in the answer cannot be trusted: " + e.getMessage());
        }
    }

    private static LinkAuthorities authorities(Map<?, ?> mqtt, String url) throws EnrolmentException {
        if (!Address.isEncrypted(url)) {
            return LinkAuthorities.NONE;
        }
        if (!(mqtt.get("authorities") instanceof String pem)) {
            throw new EnrolmentException("the answer does not say which authorities to trust at " + url);
        }
        try {
            return LinkAuthorities.parse(pem);
        } catch (LinkAuthorities.UnusableAuthoritiesException e) {
            throw new EnrolmentException("\"authorities\" in the answer: " + e.getMessage());
        }
    }

    private static byte[] decode(Map<String, Object> answer, String name) throws EnrolmentException {
        try {
            return Base64.getDecoder().decode(string(answer, name));
        } catch (IllegalArgumentException e) {
            throw new EnrolmentException("\"" + name + "\" in the answer is not Base64: " + e.getMessage());
        }
    }

    private static String string(Map<?, ?> object, String name) throws EnrolmentException {
        if (object.get(name) instanceof String value && !value.isEmpty() && value.indexOf('\n') < 0) {
            return value;
        }
        throw new EnrolmentException("the answer has no \"" + name + "\"");
    }
}
