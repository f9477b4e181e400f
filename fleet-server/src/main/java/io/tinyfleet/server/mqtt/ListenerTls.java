package io.tinyfleet.server.mqtt;

import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import javax.net.ssl.SSLContext;
import org.apache.activemq.artemis.spi.core.remoting.ssl.SSLContextConfig;
import org.apache.activemq.artemis.spi.core.remoting.ssl.SSLContextFactory;

/**
 * Gives a listener of the embedded broker the TLS context that was made in this process, so that no key store with a
 * password lies on the disk and a renewed certificate needs no new listener. Found by the broker as a service.
 */
public final class ListenerTls implements SSLContextFactory {
    private static final String PARAMETER = "sslContext";
    private static final int BEFORE_THE_BROKERS_OWN = 100;
    private static final ConcurrentMap<String, SSLContext> OFFERED = new ConcurrentHashMap<>();

    /** The value for a listener's parameter {@code sslContext}. */
    static String offer(SSLContext context) {
        String name = UUID.randomUUID().toString();
        OFFERED.put(name, context);
        return name;
    }

    static void withdraw(String name) {
        OFFERED.remove(name);
    }

    @Override
    public SSLContext getSSLContext(SSLContextConfig config, Map<String, Object> listener) {
        SSLContext context = OFFERED.get(String.valueOf(listener.get(PARAMETER)));
        if (context == null) {
            throw new IllegalStateException("no TLS context was offered for this listener");
        }
        return context;
    }

    @Override
    public int getPriority() {
        return BEFORE_THE_BROKERS_OWN;
    }
}
