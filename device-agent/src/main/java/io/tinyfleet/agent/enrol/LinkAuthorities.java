package io.tinyfleet.agent.enrol;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The certificate authorities that this device trusts at the broker, and nobody else: the present one and, in its last
 * years, the next.
 *
 * @param pem as it came
 */
public record LinkAuthorities(String pem, List<X509Certificate> certificates) {
    public static final LinkAuthorities NONE = new LinkAuthorities("", List.of());

    private static final int MAX_PEM_CHARS = 32 * 1024;
    private static final int MAX_AUTHORITIES = 8;
    private static final Pattern BLOCK =
            Pattern.compile("-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\\s]*-----END CERTIFICATE-----");

    public LinkAuthorities {
        certificates = List.copyOf(certificates);
    }

    /** Not certificates of authorities; the sentence says why. */
    public static final class UnusableAuthoritiesException extends Exception {
        private static final long serialVersionUID = 1L;

        UnusableAuthoritiesException(String sentence) {
            super(sentence);
        }
    }

    public static LinkAuthorities parse(String pem) throws UnusableAuthoritiesException {
        if (pem.length() > MAX_PEM_CHARS) {
            throw new UnusableAuthoritiesException("the authorities have more than " + MAX_PEM_CHARS + " characters");
        }
        List<X509Certificate> certificates = new ArrayList<>();
        Matcher blocks = BLOCK.matcher(pem);
        while (blocks.find()) {
            certificates.add(authority(blocks.group()));
        }
        if (certificates.isEmpty() || certificates.size() > MAX_AUTHORITIES) {
            throw new UnusableAuthoritiesException(
                    "there must be 1 to " + MAX_AUTHORITIES + " authorities, got " + certificates.size());
        }
        return new LinkAuthorities(pem, certificates);
    }

    private static X509Certificate authority(String block) throws UnusableAuthoritiesException {
        try {
            X509Certificate certificate = (X509Certificate) CertificateFactory.getInstance("X.509")
                    .generateCertificate(new ByteArrayInputStream(block.getBytes(StandardCharsets.US_ASCII)));
            if (certificate.getBasicConstraints() < 0) {
                throw new UnusableAuthoritiesException(
                        "the certificate of " + certificate.getSubjectX500Principal() + " is no authority's");
            }
            return certificate;
        } catch (CertificateException e) {
            throw new UnusableAuthoritiesException("a certificate cannot be read (" + e.getMessage() + ")");
        }
    }
}
