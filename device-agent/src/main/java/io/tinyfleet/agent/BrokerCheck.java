package io.tinyfleet.agent;

import io.tinyfleet.agent.enrol.Address;
import io.tinyfleet.agent.enrol.Identity;
import io.tinyfleet.agent.link.LinkFailure;
import io.tinyfleet.agent.link.PinnedTls;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.UnknownHostException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Supplier;
import javax.net.ssl.SSLSocket;

/** Reaches the broker as the agent would, up to where it would sign in: that would end the running agent's connection. */
final class BrokerCheck {
    private static final String WHAT = "broker";
    private static final int PATIENCE_MILLIS = (int) Duration.ofSeconds(10).toMillis();
    private static final Duration SOON = Duration.ofDays(14);

    private BrokerCheck() {}

    static Finding look(Identity.Broker broker, Supplier<Instant> earliestNow) {
        URI url = URI.create(broker.url());
        InetSocketAddress address = new InetSocketAddress(url.getHost(), url.getPort());
        try (Socket plain = new Socket()) {
            if (address.isUnresolved()) {
                throw new UnknownHostException(url.getHost());
            }
            plain.connect(address, PATIENCE_MILLIS);
            plain.setSoTimeout(PATIENCE_MILLIS);
            if (!Address.isEncrypted(broker.url())) {
                return Finding.warn(
                        WHAT, broker.url() + " answers, not encrypted", "fine on this machine, and only there");
            }
            return shakeHands(broker, plain, url, earliestNow);
        } catch (IOException e) {
            return Finding.fail(
                    WHAT,
                    LinkFailure.explain(e, broker.url()),
                    "look at the network, at the server's address and that it runs; enrol again only if the server was"
                            + " set up anew");
        }
    }

    private static Finding shakeHands(Identity.Broker broker, Socket plain, URI url, Supplier<Instant> earliestNow)
            throws IOException {
        PinnedTls tls = new PinnedTls(broker.authorities().certificates(), earliestNow);
        try (SSLSocket socket = (SSLSocket) tls.sockets().createSocket(plain, url.getHost(), url.getPort(), true)) {
            socket.startHandshake();
            X509Certificate shown = (X509Certificate) socket.getSession().getPeerCertificates()[0];
            Instant end = shown.getNotAfter().toInstant();
            String found = broker.url() + " answers with " + socket.getSession().getProtocol()
                    + ", certificate under the pinned authority, until " + end;
            return earliestNow.get().plus(SOON).isAfter(end)
                    ? Finding.warn(WHAT, found, "the server should have renewed it: look at its log")
                    : Finding.ok(WHAT, found);
        }
    }
}
