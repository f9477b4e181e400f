package io.tinyfleet.agent.link;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateException;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CertSelector;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collection;
import java.util.Date;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import javax.net.ssl.CertPathTrustManagerParameters;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * TLS 1.3 to a broker whose certificate must come from an authority that was pinned, for the host that was dialled. What
 * the machine itself trusts plays no part.
 *
 * <p>Dates: a certificate is refused when it has ended for sure, which is by a time that somebody vouches for: the
 * latest signed one that was seen, or the clock while it is synchronised. A clock that nobody keeps refuses nothing, and
 * a certificate that begins in the future is taken: a board that wakes up in 1970 must get at the server to learn the
 * time. Why that is safe: docs/decisions/0010-pinned-authorities.md.
 */
public final class PinnedTls {
    private static final String PROTOCOL = "TLSv1.3";

    private final List<X509Certificate> authorities;
    private final Supplier<Instant> earliestNow;

    /** @param earliestNow a time that is past for sure; {@link Instant#EPOCH} when nothing is known */
    public PinnedTls(List<X509Certificate> authorities, Supplier<Instant> earliestNow) {
        this.authorities = List.copyOf(authorities);
        this.earliestNow = earliestNow;
    }

    /** Made anew for each connection, so that no session of an earlier one is resumed unseen. */
    public SSLSocketFactory sockets() {
        try {
            SSLContext context = SSLContext.getInstance(PROTOCOL);
            context.init(null, new TrustManager[] {new Pinned()}, null);
            return new Strict(context.getSocketFactory());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java has " + PROTOCOL, e);
        }
    }

    private void check(X509Certificate[] chain, String how, Socket socket) throws CertificateException {
        if (!(socket instanceof SSLSocket tls)
                || !"HTTPS".equals(tls.getSSLParameters().getEndpointIdentificationAlgorithm())) {
            throw new CertificateException("the broker's host name would not be checked");
        }
        Instant sure = earliestNow.get();
        Set<TrustAnchor> anchors = authorities.stream()
                .filter(authority -> authority.getNotAfter().toInstant().isAfter(sure))
                .map(authority -> new TrustAnchor(authority, null))
                .collect(Collectors.toSet());
        if (anchors.isEmpty()) {
            throw new CertificateException("every authority that was pinned has ended: enrol this device again");
        }
        X509Certificate server = chain[0];
        if (!server.getNotAfter().toInstant().isAfter(sure)) {
            throw new CertificateException("the broker's certificate ended at "
                    + server.getNotAfter().toInstant() + ", and it is at least " + sure
                    + ": look after the server's clock and certificate");
        }
        Instant judged = Arrays.stream(chain)
                .map(certificate -> certificate.getNotBefore().toInstant())
                .filter(sure::isBefore)
                .max(Instant::compareTo)
                .orElse(sure);
        try {
            checker(anchors, judged).checkServerTrusted(chain, how, socket);
        } catch (CertificateException e) {
            throw new CertificateException(refusal(server, socket, e), e);
        }
    }

    private static X509ExtendedTrustManager checker(Set<TrustAnchor> anchors, Instant judged)
            throws CertificateException {
        try {
            PKIXBuilderParameters path = new PKIXBuilderParameters(anchors, new X509CertSelector());
            path.setRevocationEnabled(false);
            path.setDate(Date.from(judged));
            TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
            factory.init(new CertPathTrustManagerParameters(path));
            return (X509ExtendedTrustManager) factory.getTrustManagers()[0];
        } catch (GeneralSecurityException e) {
            throw new CertificateException("the broker's certificate could not be checked", e);
        }
    }

    private String refusal(X509Certificate server, Socket socket, CertificateException why)
            throws CertificateException {
        String host =
                socket instanceof SSLSocket tls ? tls.getHandshakeSession().getPeerHost() : "";
        String message = String.valueOf(why.getMessage());
        if (message.startsWith("No subject alternative") || message.startsWith("No name matching")) {
            return "the broker's certificate is for " + names(server) + ", not for " + host;
        }
        return "the certificate of " + host + " was not signed by an authority that was pinned at enrolment (" + message
                + "): it is another server, or somebody between; enrol again only if the server was set up anew";
    }

    private static Set<String> names(X509Certificate certificate) throws CertificateException {
        Collection<List<?>> names = certificate.getSubjectAlternativeNames();
        return names == null
                ? Set.of()
                : names.stream()
                        .map(name -> String.valueOf(name.get(1)))
                        .collect(Collectors.toCollection(TreeSet::new));
    }

    /** Asks for the checks on every socket, whoever makes it. */
    private static final class Strict extends SSLSocketFactory {
        private final SSLSocketFactory sockets;

        Strict(SSLSocketFactory sockets) {
            this.sockets = sockets;
        }

        private static Socket strict(Socket socket) {
            SSLSocket tls = (SSLSocket) socket;
            SSLParameters parameters = tls.getSSLParameters();
            parameters.setProtocols(new String[] {PROTOCOL});
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            tls.setSSLParameters(parameters);
            return tls;
        }

        @Override
        public Socket createSocket(Socket socket, String host, int port, boolean autoClose) throws IOException {
            return strict(sockets.createSocket(socket, host, port, autoClose));
        }

        @Override
        public Socket createSocket() throws IOException {
            return strict(sockets.createSocket());
        }

        @Override
        public Socket createSocket(String host, int port) throws IOException {
            return strict(sockets.createSocket(host, port));
        }

        @Override
        public Socket createSocket(String host, int port, InetAddress local, int localPort) throws IOException {
            return strict(sockets.createSocket(host, port, local, localPort));
        }

        @Override
        public Socket createSocket(InetAddress host, int port) throws IOException {
            return strict(sockets.createSocket(host, port));
        }

        @Override
        public Socket createSocket(InetAddress host, int port, InetAddress local, int localPort) throws IOException {
            return strict(sockets.createSocket(host, port, local, localPort));
        }

        @Override
        public String[] getDefaultCipherSuites() {
            return sockets.getDefaultCipherSuites();
        }

        @Override
        public String[] getSupportedCipherSuites() {
            return sockets.getSupportedCipherSuites();
        }
    }

    /** The JDK hands the socket over only to an extended trust manager; the other ways in are shut. */
    private final class Pinned extends X509ExtendedTrustManager {
        @Override
        public void checkServerTrusted(X509Certificate[] chain, String how, Socket socket) throws CertificateException {
            check(chain, how, socket);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String how, @Nullable SSLEngine engine)
                throws CertificateException {
            throw new CertificateException("only sockets are used here");
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String how) throws CertificateException {
            throw new CertificateException("a certificate without a host is not judged");
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String how, @Nullable Socket socket)
                throws CertificateException {
            throw new CertificateException("this is no server");
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String how, @Nullable SSLEngine engine)
                throws CertificateException {
            throw new CertificateException("this is no server");
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String how) throws CertificateException {
            throw new CertificateException("this is no server");
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return authorities.toArray(X509Certificate[]::new);
        }
    }
}
