package io.tinyfleet.server.mqtt;

import io.netty.handler.ssl.SslHandler;
import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.protocol.OutLeaf;
import io.tinyfleet.protocol.Topics;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.security.auth.Subject;
import org.apache.activemq.artemis.core.remoting.impl.netty.NettyConnection;
import org.apache.activemq.artemis.core.security.CheckType;
import org.apache.activemq.artemis.core.security.Role;
import org.apache.activemq.artemis.spi.core.protocol.RemotingConnection;
import org.apache.activemq.artemis.spi.core.security.ActiveMQSecurityManager5;
import org.apache.activemq.artemis.spi.core.security.jaas.NoCacheLoginException;
import org.apache.activemq.artemis.spi.core.security.jaas.UserPrincipal;
import org.jspecify.annotations.Nullable;

/**
 * Who may do what at the embedded broker. A device is its user name and its client id; it writes its own {@code out}
 * topics and reads its own {@code in} and blobs by their full names. The server's links use everything under the fleet's
 * prefix. Nobody gets at the broker's management. Topics arrive with dots for slashes.
 */
final class BrokerSecurity implements ActiveMQSecurityManager5 {
    /** Not a device id, because of the dot: no device can carry the name. */
    static final String SERVER_USER = "tinyfleet.server";

    private static final String FLEET = Topics.PREFIX.replace('/', '.') + ".";
    private static final Pattern BLOB = Pattern.compile(Pattern.quote(FLEET + "b.") + "[A-Za-z0-9_-]{22}");
    private static final Pattern SHARED_BLOB =
            Pattern.compile(Pattern.quote(Topics.PREFIX + "/b/") + "[A-Za-z0-9_-]{22}");
    private static final String QUEUE_SEPARATOR = "::";

    private final DeviceCredentials devices;
    private final byte[] serverPassword;
    private final boolean tls;

    /** @param tls whether devices have a listener of their own that is encrypted, and the server's links one that is not */
    BrokerSecurity(DeviceCredentials devices, String serverPassword, boolean tls) {
        this.tls = tls;
        this.devices = devices;
        this.serverPassword = serverPassword.getBytes(StandardCharsets.UTF_8);
    }

    static Optional<DeviceId> deviceNamed(@Nullable String name) {
        try {
            return name == null ? Optional.empty() : Optional.of(new DeviceId(name));
        } catch (IllegalArgumentException notADeviceId) {
            return Optional.empty();
        }
    }

    static Set<String> ownOutTopics(DeviceId device) {
        return Arrays.stream(OutLeaf.values())
                .map(leaf -> Topics.deviceOut(device, leaf))
                .collect(Collectors.toUnmodifiableSet());
    }

    /** Whether a device may subscribe to this filter, written with slashes. */
    static boolean mayRead(DeviceId device, String filter) {
        return filter.equals(Topics.deviceInFilter(device))
                || SHARED_BLOB.matcher(filter).matches();
    }

    @Override
    public Subject authenticate(String user, String password, RemotingConnection connection, String securityDomain)
            throws NoCacheLoginException {
        if (user == null || password == null || connection == null) {
            throw new NoCacheLoginException("user name and password are required");
        }
        boolean isServer = SERVER_USER.equals(user);
        if (tls && isEncrypted(connection) == isServer) {
            throw new NoCacheLoginException(
                    isServer ? "the server's links do not come from outside" : "a device must speak TLS");
        }
        if (!isServer) {
            requireDevice(user, password, connection.getClientID());
        } else if (!MessageDigest.isEqual(serverPassword, password.getBytes(StandardCharsets.UTF_8))) {
            throw new NoCacheLoginException("wrong password for the server's link");
        }
        Subject subject = new Subject();
        subject.getPrincipals().add(new UserPrincipal(user));
        return subject;
    }

    private static boolean isEncrypted(RemotingConnection connection) {
        return connection.getTransportConnection() instanceof NettyConnection netty
                && netty.getNettyChannel().pipeline().get(SslHandler.class) != null;
    }

    private void requireDevice(String user, String password, @Nullable String clientId) throws NoCacheLoginException {
        DeviceId device =
                deviceNamed(user).orElseThrow(() -> new NoCacheLoginException("the user name is not a device id"));
        if (!user.equals(clientId)) {
            throw new NoCacheLoginException("the client id must be the device id");
        }
        if (!devices.accepts(device, password)) {
            throw new NoCacheLoginException("unknown device or wrong secret");
        }
    }

    @Override
    public boolean authorize(Subject subject, Set<Role> roles, CheckType checkType, String address) {
        return subject.getPrincipals(UserPrincipal.class).stream()
                .findFirst()
                .map(UserPrincipal::getName)
                .map(user -> SERVER_USER.equals(user)
                        ? serverMay(checkType, address)
                        : deviceNamed(user)
                                .map(device -> deviceMay(device, checkType, address))
                                .orElse(false))
                .orElse(false);
    }

    private static boolean serverMay(CheckType checkType, String address) {
        return !isManagement(checkType) && address.startsWith(FLEET);
    }

    private static boolean deviceMay(DeviceId device, CheckType checkType, String address) {
        if (isManagement(checkType)) {
            return false;
        }
        int separator = address.indexOf(QUEUE_SEPARATOR);
        if (separator >= 0) {
            // A subscription's queue is named "{client id}.{address}": nobody drains another's by its full name.
            String bare = address.substring(0, separator);
            String queue = address.substring(separator + QUEUE_SEPARATOR.length());
            return queue.equals(device.value() + "." + bare) && deviceMay(device, checkType, bare);
        }
        boolean own = isOwnOut(device, address);
        boolean readable = isReadable(device, address);
        if (checkType == CheckType.SEND) {
            return own;
        }
        if (checkType == CheckType.CREATE_ADDRESS || checkType == CheckType.DELETE_ADDRESS) {
            return own || readable;
        }
        return readable;
    }

    private static boolean isOwnOut(DeviceId device, String address) {
        return ownOutTopics(device).stream()
                .anyMatch(topic -> topic.replace('/', '.').equals(address));
    }

    private static boolean isReadable(DeviceId device, String address) {
        return address.equals(Topics.deviceInFilter(device).replace('/', '.'))
                || BLOB.matcher(address).matches();
    }

    private static boolean isManagement(CheckType checkType) {
        return checkType == CheckType.MANAGE
                || checkType == CheckType.BROWSE
                || checkType == CheckType.VIEW
                || checkType == CheckType.EDIT;
    }

    @Override
    public boolean validateUser(String user, String password) {
        throw new UnsupportedOperationException("a client id is needed to decide");
    }

    @Override
    public boolean validateUserAndRole(String user, String password, Set<Role> roles, CheckType checkType) {
        throw new UnsupportedOperationException("an address is needed to decide");
    }
}
