package io.tinyfleet.server.tls;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Instant;
import java.util.Date;
import java.util.HexFormat;
import java.util.List;
import org.bouncycastle.asn1.ASN1Object;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.ContentSigner;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/**
 * A certificate with its private key, of an authority or of a broker, on P-256: what every TLS library of small
 * devices knows. What it signs is checked before anybody gets it.
 */
record KeyedCertificate(PrivateKey key, X509Certificate certificate) {
    private static final String SIGNATURE = "SHA256withECDSA";
    private static final int SERIAL_BITS = 127;
    private static final JcaX509ExtensionUtils EXTENSIONS = extensions();
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
        byte[] id = EXTENSIONS.createSubjectKeyIdentifier(pair.getPublic()).getKeyIdentifier();
        X500Name name =
                new X500Name("CN=TinyFleet link authority " + HexFormat.of().formatHex(id, 0, 4));
        return new KeyedCertificate(
                pair.getPrivate(),
                sign(
                        pair.getPrivate(),
                        pair.getPublic(),
                        builder(name, name, pair.getPublic(), validity),
                        List.of(
                                new Extension(Extension.basicConstraints, true, encoded(new BasicConstraints(0))),
                                new Extension(
                                        Extension.keyUsage,
                                        true,
                                        encoded(new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign))),
                                new Extension(
                                        Extension.subjectKeyIdentifier,
                                        false,
                                        encoded(EXTENSIONS.createSubjectKeyIdentifier(pair.getPublic()))))));
    }

    /** A server's certificate for the given names and addresses. */
    X509Certificate issue(PublicKey server, List<ServerName> names, Validity validity) {
        GeneralName[] alternatives = names.stream()
                .map(name -> name.isAddress()
                        ? new GeneralName(GeneralName.iPAddress, new DEROctetString(name.addressBytes()))
                        : new GeneralName(GeneralName.dNSName, name.value()))
                .toArray(GeneralName[]::new);
        X500Name issuer =
                X500Name.getInstance(certificate.getSubjectX500Principal().getEncoded());
        return sign(
                key,
                certificate.getPublicKey(),
                builder(issuer, new X500Name("CN=TinyFleet broker"), server, validity),
                List.of(
                        new Extension(Extension.basicConstraints, true, encoded(new BasicConstraints(false))),
                        new Extension(Extension.keyUsage, true, encoded(new KeyUsage(KeyUsage.digitalSignature))),
                        new Extension(
                                Extension.extendedKeyUsage,
                                false,
                                encoded(new ExtendedKeyUsage(KeyPurposeId.id_kp_serverAuth))),
                        new Extension(Extension.subjectAlternativeName, false, encoded(new GeneralNames(alternatives))),
                        new Extension(
                                Extension.subjectKeyIdentifier,
                                false,
                                encoded(EXTENSIONS.createSubjectKeyIdentifier(server))),
                        new Extension(
                                Extension.authorityKeyIdentifier,
                                false,
                                encoded(EXTENSIONS.createAuthorityKeyIdentifier(certificate.getPublicKey())))));
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

    private static JcaX509v3CertificateBuilder builder(
            X500Name issuer, X500Name subject, PublicKey owner, Validity validity) {
        return new JcaX509v3CertificateBuilder(
                issuer,
                new BigInteger(SERIAL_BITS, RANDOM).setBit(SERIAL_BITS - 1),
                Date.from(validity.from()),
                Date.from(validity.until()),
                subject,
                owner);
    }

    private static X509Certificate sign(
            PrivateKey key, PublicKey check, JcaX509v3CertificateBuilder builder, List<Extension> extensions) {
        try {
            for (Extension extension : extensions) {
                builder.addExtension(extension);
            }
            ContentSigner signer = new JcaContentSignerBuilder(SIGNATURE).build(key);
            X509Certificate made = new JcaX509CertificateConverter().getCertificate(builder.build(signer));
            made.verify(check);
            return made;
        } catch (GeneralSecurityException | IOException | OperatorCreationException e) {
            throw new IllegalStateException("a certificate that we have just made cannot be read", e);
        }
    }

    private static byte[] encoded(ASN1Object value) {
        try {
            return value.getEncoded();
        } catch (IOException e) {
            throw new UncheckedIOException("an extension cannot be written", e);
        }
    }

    private static JcaX509ExtensionUtils extensions() {
        try {
            return new JcaX509ExtensionUtils();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java has SHA-1, which names keys and signs nothing", e);
        }
    }
}
