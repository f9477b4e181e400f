package io.tinyfleet.server.tls;

import io.tinyfleet.server.tls.KeyedCertificate.Validity;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The authorities that devices pin, and the certificate that the broker shows. The next authority is made and told
 * {@link #NEXT_AUTHORITY} before the present one ends, and signs nothing before the present one has less than
 * {@link #CERTIFICATE_LIFE} left: a device that was heard of in that year knows it by then. A certificate that is renewed
 * is used from the next handshake on; nothing is disconnected. Safe for several threads.
 */
public final class LinkCertificates {
    static final Duration AUTHORITY_LIFE = Duration.ofDays(10 * 365);
    static final Duration NEXT_AUTHORITY = Duration.ofDays(2 * 365);
    static final Duration CERTIFICATE_LIFE = Duration.ofDays(365);
    static final Duration RENEWAL = Duration.ofDays(90);
    /** Devices' clocks, and ours. */
    private static final Duration EARLIER = Duration.ofDays(1);
    /** A server whose clock was never set still makes authorities that the present does not find ended. */
    private static final Instant FIRST_RELEASE = Instant.parse("2026-01-01T00:00:00Z");

    private static final Logger LOG = Logger.getLogger(LinkCertificates.class);

    private final CertificateFolder folder;
    private final List<ServerName> names;
    private volatile List<KeyedCertificate> authorities = List.of();
    private volatile @Nullable KeyedCertificate broker;

    private LinkCertificates(CertificateFolder folder, List<ServerName> names) {
        this.folder = folder;
        this.names = names;
    }

    /**
     * Reads the folder, and makes what is missing or about to end.
     *
     * @param names host names and addresses that devices use, each once
     */
    public static LinkCertificates open(Path folder, Collection<String> names, Instant now) throws IOException {
        List<ServerName> parsed = names.stream().map(ServerName::new).distinct().toList();
        LinkCertificates opened = new LinkCertificates(new CertificateFolder(folder), parsed);
        opened.renew(now);
        return opened;
    }

    /** Makes what is about to end anew; to be called at least daily. Says whether the list of authorities has changed. */
    public synchronized boolean renew(Instant clock) throws IOException {
        Instant now = clock.isBefore(FIRST_RELEASE) ? FIRST_RELEASE : clock;
        List<KeyedCertificate> held = live(now);
        boolean grew = held.isEmpty() || held.get(held.size() - 1).until().isBefore(now.plus(NEXT_AUTHORITY));
        if (grew) {
            KeyedCertificate made =
                    KeyedCertificate.authority(new Validity(now.minus(EARLIER), now.plus(AUTHORITY_LIFE)));
            folder.addAuthority(made);
            LOG.infof(
                    "link authority made name=%s until=%s", made.certificate().getSubjectX500Principal(), made.until());
            held = live(now);
        }
        authorities = held;
        KeyedCertificate issuer = issuer(held, now);
        KeyedCertificate shown = folder.findBroker().orElse(null);
        if (shown == null
                || !issuer.hasIssued(shown.certificate())
                || shown.until().isBefore(now.plus(RENEWAL))
                || !namesOf(shown.certificate()).equals(wanted())) {
            KeyPair pair = KeyedCertificate.newKey();
            Instant until =
                    now.plus(CERTIFICATE_LIFE).isBefore(issuer.until()) ? now.plus(CERTIFICATE_LIFE) : issuer.until();
            shown = new KeyedCertificate(
                    pair.getPrivate(), issuer.issue(pair.getPublic(), names, new Validity(now.minus(EARLIER), until)));
            folder.writeBroker(shown);
            LOG.infof("broker's certificate made names=%s until=%s", names, shown.until());
        }
        broker = shown;
        return grew;
    }

    private List<KeyedCertificate> live(Instant now) throws IOException {
        return folder.authorities().stream()
                .filter(authority -> authority.until().isAfter(now))
                .toList();
    }

    /** The oldest that outlives a certificate; the newest when none does. */
    private static KeyedCertificate issuer(List<KeyedCertificate> held, Instant now) {
        return held.stream()
                .filter(authority -> authority.until().isAfter(now.plus(CERTIFICATE_LIFE)))
                .findFirst()
                .orElseGet(() -> held.get(held.size() - 1));
    }

    private Set<String> wanted() {
        return names.stream()
                .map(name -> name.isAddress() ? address(name) : name.value())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static String address(ServerName name) {
        try {
            return java.net.InetAddress.getByAddress(name.addressBytes()).getHostAddress();
        } catch (java.net.UnknownHostException e) {
            throw new IllegalStateException("an address has 4 or 16 bytes", e);
        }
    }

    private static Set<String> namesOf(X509Certificate certificate) {
        try {
            Collection<List<?>> alternatives = certificate.getSubjectAlternativeNames();
            return alternatives == null
                    ? Set.of()
                    : alternatives.stream()
                            .map(name -> String.valueOf(name.get(1)))
                            .collect(Collectors.toCollection(TreeSet::new));
        } catch (CertificateParsingException e) {
            // Not one of ours: another is made.
            return Set.of();
        }
    }

    /** What devices pin: the present authority and, in its last years, the next. */
    public List<X509Certificate> authorities() {
        return authorities.stream().map(KeyedCertificate::certificate).toList();
    }

    /** The same as PEM text. */
    public String authoritiesPem() {
        return pem(authorities());
    }

    public static String pem(Collection<X509Certificate> certificates) {
        List<String> blocks = new ArrayList<>();
        for (X509Certificate certificate : certificates) {
            try {
                blocks.add(CertificateFolder.pem("CERTIFICATE", certificate.getEncoded()));
            } catch (CertificateException e) {
                throw new IllegalStateException("a certificate that was read can be written", e);
            }
        }
        return String.join("", blocks);
    }

    /** When the certificate that is shown ends. */
    public Instant until() {
        return shown().until();
    }

    private KeyedCertificate shown() {
        return Objects.requireNonNull(broker, "open() has made one");
    }

    /** For a listener: every handshake shows the newest certificate. */
    public SSLContext serverContext() {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(new KeyManager[] {new Newest()}, null, null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java has TLS", e);
        }
    }

    private final class Newest extends X509ExtendedKeyManager {
        private static final String ALIAS = "broker";

        @Override
        public String chooseEngineServerAlias(String keyType, Principal @Nullable [] issuers, SSLEngine engine) {
            return ALIAS;
        }

        @Override
        public String chooseServerAlias(String keyType, Principal @Nullable [] issuers, Socket socket) {
            return ALIAS;
        }

        @Override
        public String[] getServerAliases(String keyType, Principal @Nullable [] issuers) {
            return new String[] {ALIAS};
        }

        @Override
        public X509Certificate[] getCertificateChain(String alias) {
            return new X509Certificate[] {shown().certificate()};
        }

        @Override
        public PrivateKey getPrivateKey(String alias) {
            return shown().key();
        }

        @Override
        public String @Nullable [] getClientAliases(String keyType, Principal @Nullable [] issuers) {
            return null;
        }

        @Override
        public @Nullable String chooseClientAlias(String[] keyTypes, Principal @Nullable [] issuers, Socket socket) {
            return null;
        }
    }
}
