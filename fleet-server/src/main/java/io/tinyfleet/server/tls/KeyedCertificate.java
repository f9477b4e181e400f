package io.tinyfleet.server.tls;

import java.io.ByteArrayInputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * A certificate with its private key, of an authority or of a broker, on P-256: what every TLS library of small
 * devices knows. What it signs is read back and checked by the JDK before anybody gets it.
 */
record KeyedCertificate(PrivateKey key, X509Certificate certificate) {
    private static final String SIGNATURE = "SHA256withECDSA";
    private static final byte[] SIGNATURE_ID = Der.sequence(Der.oid("1.2.840.10045.4.3.2"));
    private static final int SERIAL_BYTES = 16;
    private static final int KEY_ID_BYTES = 20;
    private static final SecureRandom RANDOM = new SecureRandom();

    /** From when until when. */
    record Validity(Instant from, Instant until) {}

    static KeyPair newKey() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"), RANDOM);
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java has P-256", e);
        }
    }

    /** Signed by itself, for signing servers' certificates and nothing else. */
    static KeyedCertificate authority(Validity validity) {
        KeyPair pair = newKey();
        String name = "TinyFleet link authority " + HexFormat.of().formatHex(keyId(pair.getPublic()), 0, 4);
        byte[] extensions = Der.sequence(
                critical("2.5.29.19", Der.sequence(Der.yes(), Der.integer(BigInteger.ZERO))),
                critical("2.5.29.15", Der.bits(new byte[] {0b0000_0110}, 1)),
                extension("2.5.29.14", Der.octets(keyId(pair.getPublic()))));
        byte[] subject = name(name);
        return new KeyedCertificate(
                pair.getPrivate(),
                sign(pair.getPrivate(), pair.getPublic(), subject, subject, pair.getPublic(), validity, extensions));
    }

    /** A server's certificate for the given names and addresses. */
    X509Certificate issue(PublicKey server, List<ServerName> names, Validity validity) {
        List<byte[]> alternatives = new ArrayList<>();
        for (ServerName name : names) {
            alternatives.add(
                    name.isAddress()
                            ? Der.tagged(7, false, name.addressBytes())
                            : Der.tagged(2, false, name.value().getBytes(StandardCharsets.US_ASCII)));
        }
        byte[] extensions = Der.sequence(
                critical("2.5.29.19", Der.sequence()),
                critical("2.5.29.15", Der.bits(new byte[] {(byte) 0b1000_0000}, 7)),
                extension("2.5.29.37", Der.sequence(Der.oid("1.3.6.1.5.5.7.3.1"))),
                extension("2.5.29.17", Der.sequence(alternatives.toArray(byte[][]::new))),
                extension("2.5.29.14", Der.octets(keyId(server))),
                extension("2.5.29.35", Der.sequence(Der.tagged(0, false, keyId(certificate.getPublicKey())))));
        byte[] issuer = certificate.getSubjectX500Principal().getEncoded();
        return sign(key, certificate.getPublicKey(), issuer, name("TinyFleet broker"), server, validity, extensions);
    }

    boolean hasIssued(X509Certificate server) {
        try {
            server.verify(certificate.getPublicKey());
            return true;
        } catch (GeneralSecurityException e) {
            return false;
        }
    }

    Instant until() {
        return certificate.getNotAfter().toInstant();
    }

    private static X509Certificate sign(
            PrivateKey key,
            PublicKey check,
            byte[] issuer,
            byte[] subject,
            PublicKey owner,
            Validity validity,
            byte[] extensions) {
        byte[] serial = new byte[SERIAL_BYTES];
        RANDOM.nextBytes(serial);
        serial[0] = (byte) (serial[0] & 0x3f | 0x40);
        byte[] content = Der.sequence(
                Der.tagged(0, true, Der.integer(BigInteger.TWO)),
                Der.integer(new BigInteger(serial)),
                SIGNATURE_ID,
                issuer,
                Der.sequence(Der.time(validity.from()), Der.time(validity.until())),
                subject,
                owner.getEncoded(),
                Der.tagged(3, true, extensions));
        try {
            Signature signature = Signature.getInstance(SIGNATURE);
            signature.initSign(key);
            signature.update(content);
            byte[] whole = Der.sequence(content, SIGNATURE_ID, Der.bits(signature.sign(), 0));
            X509Certificate read = (X509Certificate)
                    CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(whole));
            read.verify(check);
            return read;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("a certificate that we have just made cannot be read", e);
        }
    }

    private static byte[] name(String commonName) {
        return Der.sequence(Der.set(Der.sequence(Der.oid("2.5.4.3"), Der.text(commonName))));
    }

    private static byte[] extension(String oid, byte[] value) {
        return Der.sequence(Der.oid(oid), Der.octets(value));
    }

    private static byte[] critical(String oid, byte[] value) {
        return Der.sequence(Der.oid(oid), Der.yes(), Der.octets(value));
    }

    /** Twenty bytes that stand for a key (RFC 7093, method 1). */
    private static byte[] keyId(PublicKey key) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(key.getEncoded());
            return java.util.Arrays.copyOf(digest, KEY_ID_BYTES);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
