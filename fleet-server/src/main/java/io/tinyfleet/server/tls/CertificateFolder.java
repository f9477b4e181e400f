package io.tinyfleet.server.tls;

import io.tinyfleet.server.platform.SecretFile;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Keys with their certificates on disk, one file a pair, for their owner alone: {@code authority-1.pem},
 * {@code authority-2.pem}, … and {@code broker.pem}. A file is whole or not there.
 */
final class CertificateFolder {
    private static final int MAX_FILE_BYTES = 64 * 1024;
    private static final Pattern AUTHORITY = Pattern.compile("authority-([1-9][0-9]{0,5})\\.pem");
    private static final Pattern KEY = block("PRIVATE KEY");
    private static final Pattern CERTIFICATE = block("CERTIFICATE");

    private final Path folder;

    CertificateFolder(Path folder) {
        this.folder = folder;
    }

    private static Pattern block(String type) {
        return Pattern.compile("-----BEGIN " + type + "-----([A-Za-z0-9+/=\\s]*)-----END " + type + "-----");
    }

    /** Oldest first. */
    List<KeyedCertificate> authorities() throws IOException {
        List<Integer> numbers;
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            numbers = files.map(file -> AUTHORITY.matcher(String.valueOf(file.getFileName())))
                    .filter(Matcher::matches)
                    .map(name -> Integer.valueOf(name.group(1)))
                    .sorted()
                    .toList();
        }
        java.util.ArrayList<KeyedCertificate> found = new java.util.ArrayList<>();
        for (int number : numbers) {
            found.add(read(folder.resolve("authority-" + number + ".pem")));
        }
        return List.copyOf(found);
    }

    void addAuthority(KeyedCertificate authority) throws IOException {
        int next = authorities().size() + 1;
        while (Files.exists(folder.resolve("authority-" + next + ".pem"))) {
            next++;
        }
        write(folder.resolve("authority-" + next + ".pem"), authority);
    }

    Optional<KeyedCertificate> findBroker() throws IOException {
        Path file = folder.resolve("broker.pem");
        return Files.exists(file) ? Optional.of(read(file)) : Optional.empty();
    }

    void writeBroker(KeyedCertificate broker) throws IOException {
        write(folder.resolve("broker.pem"), broker);
    }

    private static KeyedCertificate read(Path file) throws IOException {
        if (Files.size(file) > MAX_FILE_BYTES) {
            throw new IOException(file + " has more than " + MAX_FILE_BYTES + " bytes");
        }
        String text = Files.readString(file, StandardCharsets.US_ASCII);
        Matcher key = KEY.matcher(text);
        Matcher certificate = CERTIFICATE.matcher(text);
        if (!key.find() || !certificate.find()) {
            throw new IOException(file + " must hold a private key and its certificate; restore it from a backup");
        }
        try {
            PrivateKey privateKey = KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(bytes(key)));
            return new KeyedCertificate(privateKey, (X509Certificate) CertificateFactory.getInstance("X.509")
                    .generateCertificate(new ByteArrayInputStream(bytes(certificate))));
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            // The cause may quote key bytes; the place is enough to act on.
            throw new IOException(file + " has a key or a certificate that cannot be read; restore it from a backup");
        }
    }

    private static byte[] bytes(Matcher block) {
        return Base64.getMimeDecoder().decode(block.group(1));
    }

    private void write(Path file, KeyedCertificate pair) throws IOException {
        Files.createDirectories(
                folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        String text;
        try {
            text = pem("PRIVATE KEY", pair.key().getEncoded())
                    + pem("CERTIFICATE", pair.certificate().getEncoded());
        } catch (GeneralSecurityException e) {
            throw new IOException("the certificate cannot be encoded", e);
        }
        SecretFile.write(file, text);
    }

    static String pem(String type, byte[] content) {
        String lines = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content);
        return "-----BEGIN " + type + "-----\n" + lines + "\n-----END " + type + "-----\n";
    }
}
