package io.tinyfleet.protocol.trust;

import com.google.protobuf.ByteString;
import io.tinyfleet.protocol.v1.KeyAlgorithm;
import io.tinyfleet.protocol.v1.PublicKey;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A key pair that signs: Ed25519, or ECDSA P-256 for the release role. In a file it is two PEM blocks, {@code PRIVATE
 * KEY} (PKCS #8) and {@code PUBLIC KEY} (X.509), because the JDK cannot derive the one from the other. Immutable; any
 * thread may sign.
 */
public final class SigningKey {
    private static final int MAX_PEM_BYTES = 4096;
    private static final Pattern PEM_BLOCK =
            Pattern.compile("-----BEGIN ([A-Z ]+)-----([A-Za-z0-9+/=\\s]+)-----END \\1-----");
    private static final byte[] PROBE = "do these two belong together?".getBytes(StandardCharsets.US_ASCII);

    private final PrivateKey privateKey;
    private final VerifyingKey publicKey;

    private SigningKey(PrivateKey privateKey, VerifyingKey publicKey) {
        this.privateKey = privateKey;
        this.publicKey = publicKey;
    }

    /** A new Ed25519 key from the operating system's randomness. */
    public static SigningKey generate() {
        return generate(KeyAlgorithm.ED25519);
    }

    /**
     * A new key from the operating system's randomness.
     *
     * @throws IllegalArgumentException for an algorithm that is none
     */
    public static SigningKey generate(KeyAlgorithm algorithm) {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance(familyName(algorithm));
            if (algorithm == KeyAlgorithm.ECDSA_P256) {
                generator.initialize(new ECGenParameterSpec("secp256r1"));
            }
            KeyPair pair = generator.generateKeyPair();
            return new SigningKey(
                    pair.getPrivate(), VerifyingKey.parse(pair.getPublic().getEncoded()));
        } catch (GeneralSecurityException | TrustException e) {
            throw new IllegalStateException("this Java platform cannot make " + algorithm + " keys", e);
        }
    }

    private static String familyName(KeyAlgorithm algorithm) {
        return switch (algorithm) {
            case ED25519 -> "Ed25519";
            case ECDSA_P256 -> "EC";
            case KEY_ALGORITHM_UNSPECIFIED, UNRECOGNIZED ->
                throw new IllegalArgumentException("a key is ED25519 or ECDSA_P256, got " + algorithm);
        };
    }

    /**
     * Reads a file written by {@link #writePem}.
     *
     * @throws IOException when it cannot be read, or does not hold a private key and its own public key
     */
    public static SigningKey readPem(Path file) throws IOException {
        if (Files.size(file) > MAX_PEM_BYTES) {
            throw new IOException("a key file has at most " + MAX_PEM_BYTES + " bytes: " + file);
        }
        String pem = Files.readString(file, StandardCharsets.US_ASCII);
        try {
            byte[] pkcs8 = block(pem, "PRIVATE KEY", file);
            VerifyingKey publicKey = VerifyingKey.parse(block(pem, "PUBLIC KEY", file));
            PrivateKey privateKey = KeyFactory.getInstance(familyName(publicKey.algorithm()))
                    .generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
            SigningKey key = new SigningKey(privateKey, publicKey);
            if (!key.publicKey.hasSigned(PROBE, key.sign(PROBE))) {
                throw new IOException("the private and the public key do not belong together in " + file);
            }
            return key;
        } catch (GeneralSecurityException e) {
            // The cause may quote key bytes; the place is enough to act on.
            throw new IOException("no Ed25519 or P-256 private key in " + file);
        } catch (TrustException e) {
            throw new IOException("no Ed25519 or P-256 public key in " + file, e);
        }
    }

    /**
     * Writes the pair, readable by its owner only, so that a power cut leaves the whole file or none.
     *
     * @throws FileAlreadyExistsException when there is a file: a key is never written over
     */
    public void writePem(Path file) throws IOException {
        if (Files.exists(file)) {
            throw new FileAlreadyExistsException(file.toString());
        }
        Path folder = file.toAbsolutePath().getParent();
        if (folder == null) {
            throw new IOException("a key needs a file in a folder, got " + file);
        }
        Files.createDirectories(folder);
        byte[] pem = (pemBlock("PRIVATE KEY", privateKey.getEncoded()) + pemBlock("PUBLIC KEY", publicKey.spki()))
                .getBytes(StandardCharsets.US_ASCII);
        Path temporary = folder.resolve("." + file.getFileName() + ".new");
        Files.deleteIfExists(temporary);
        FileAttribute<?> ownerOnly = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
        Set<OpenOption> create = Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        try (FileChannel channel = FileChannel.open(temporary, create, ownerOnly)) {
            ByteBuffer left = ByteBuffer.wrap(pem);
            while (left.hasRemaining()) {
                channel.write(left);
            }
            channel.force(true);
        }
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
        try (FileChannel directory = FileChannel.open(folder, StandardOpenOption.READ)) {
            directory.force(true);
        }
    }

    /** The public half as one PEM block {@code PUBLIC KEY}, as OpenSSL writes it: what others may have. */
    public String publicPem() {
        return publicPem(publicKey.spki());
    }

    /** The same of a key by its X.509 encoding. */
    public static String publicPem(byte[] spki) {
        return pemBlock("PUBLIC KEY", spki);
    }

    /**
     * Reads the public key out of a file with such a block; a private key's file has one too.
     *
     * @throws IOException when there is none, or none of a kind that is used here
     */
    public static PublicKey readPublicPem(Path file) throws IOException {
        if (Files.size(file) > MAX_PEM_BYTES) {
            throw new IOException("a key file has at most " + MAX_PEM_BYTES + " bytes: " + file);
        }
        try {
            return PublicKeys.parse(block(Files.readString(file, StandardCharsets.US_ASCII), "PUBLIC KEY", file));
        } catch (TrustException e) {
            throw new IOException("no Ed25519 or P-256 public key in " + file, e);
        }
    }

    /** The public half as it stands in a root. */
    public PublicKey toPublicKey() {
        return PublicKey.newBuilder()
                .setAlgorithm(publicKey.algorithm())
                .setSpki(ByteString.copyFrom(publicKey.spki()))
                .build();
    }

    /** The public half as X.509 SubjectPublicKeyInfo: 44 bytes for Ed25519, 91 for P-256. */
    public byte[] spki() {
        return publicKey.spki();
    }

    /** The first 16 bytes of the SHA-256 of {@link #spki()}. */
    public byte[] keyId() {
        return publicKey.keyId().toByteArray();
    }

    /** The signature of the message: 64 bytes for Ed25519, DER of at most 72 bytes for P-256. */
    public byte[] sign(byte[] message) {
        try {
            Signature signer = Signature.getInstance(VerifyingKey.signatureName(publicKey.algorithm()));
            signer.initSign(privateKey);
            signer.update(message);
            return signer.sign();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java platform cannot sign with " + publicKey.algorithm(), e);
        }
    }

    /** The key id only; never the private half. */
    @Override
    public String toString() {
        return "SigningKey " + HexFormat.of().formatHex(keyId());
    }

    private static byte[] block(String pem, String label, Path file) throws IOException {
        Matcher matcher = PEM_BLOCK.matcher(pem);
        while (matcher.find()) {
            if (label.equals(matcher.group(1))) {
                try {
                    return Base64.getMimeDecoder().decode(matcher.group(2));
                } catch (IllegalArgumentException e) {
                    throw new IOException("the " + label + " block is not Base64 in " + file);
                }
            }
        }
        throw new IOException("no " + label + " block in " + file);
    }

    private static String pemBlock(String label, byte[] der) {
        String body = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
        return "-----BEGIN " + label + "-----\n" + body + "\n-----END " + label + "-----\n";
    }
}
