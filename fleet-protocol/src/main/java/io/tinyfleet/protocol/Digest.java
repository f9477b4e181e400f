package io.tinyfleet.protocol;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A SHA-256: the name of every blob, document and chunk. Immutable. */
public final class Digest implements Comparable<Digest> {
    /** Bytes in a digest. */
    public static final int BYTES = 32;

    private static final Pattern HEX = Pattern.compile("[0-9a-f]{64}");
    private static final int SHORT_CHARACTERS = 12;
    private static final int BLOB22_BYTES = 16;
    private static final int READ_BYTES = 64 * 1024;

    private final byte[] sha256;

    private Digest(byte[] sha256) {
        this.sha256 = sha256;
    }

    /** The digest of these bytes. */
    public static Digest of(byte[] content) {
        return new Digest(sha256().digest(content));
    }

    /** The digest of a file, read as a stream of 64 KiB pieces. */
    public static Digest ofFile(Path file) throws IOException {
        Hasher hasher = hasher();
        byte[] buffer = new byte[READ_BYTES];
        try (InputStream in = Files.newInputStream(file)) {
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                hasher.update(buffer, 0, read);
            }
        }
        return hasher.digest();
    }

    /**
     * Reads 64 lower-case hexadecimal characters.
     *
     * @throws IllegalArgumentException when the text has another shape
     */
    public static Digest parse(String hex) {
        if (!HEX.matcher(hex).matches()) {
            throw new IllegalArgumentException(
                    "a SHA-256 must be 64 lower-case hexadecimal characters, got \"" + Quoted.shortened(hex) + "\"");
        }
        return new Digest(HexFormat.of().parseHex(hex));
    }

    /**
     * Takes 32 bytes.
     *
     * @throws IllegalArgumentException when there are more or fewer
     */
    public static Digest fromBytes(byte[] bytes) {
        if (bytes.length != BYTES) {
            throw new IllegalArgumentException("a SHA-256 must be 32 bytes, got " + bytes.length);
        }
        return new Digest(bytes.clone());
    }

    /** As {@link #fromBytes(byte[])}. */
    public static Digest fromBytes(ByteString bytes) {
        if (bytes.size() != BYTES) {
            throw new IllegalArgumentException("a SHA-256 must be 32 bytes, got " + bytes.size());
        }
        return new Digest(bytes.toByteArray());
    }

    /** A digest in the making, for content that comes in pieces. */
    public static Hasher hasher() {
        return new Hasher();
    }

    /** 64 lower-case hexadecimal characters. */
    public String hex() {
        return HexFormat.of().formatHex(sha256);
    }

    /** The first 12 hexadecimal characters, for people and logs; never a key. */
    public String shortHex() {
        return hex().substring(0, SHORT_CHARACTERS);
    }

    /** The wire form, 32 bytes. */
    public ByteString toBytes() {
        return ByteString.copyFrom(sha256);
    }

    /** A copy of the 32 bytes. */
    public byte[] toByteArray() {
        return sha256.clone();
    }

    /** The topic level of this blob: URL-safe Base64 without padding of the first 16 bytes, 22 characters. */
    public String blob22() {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(Arrays.copyOf(sha256, BLOB22_BYTES));
    }

    @Override
    public int compareTo(Digest other) {
        return Arrays.compareUnsigned(sha256, other.sha256);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Digest that && MessageDigest.isEqual(sha256, that.sha256);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(sha256);
    }

    /** Same as {@link #hex()}. */
    @Override
    public String toString() {
        return hex();
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256, this one does not", e);
        }
    }

    /** Owned by one thread; finished by {@link #digest()}. */
    public static final class Hasher {
        private final MessageDigest digest = sha256();

        private Hasher() {}

        /** Takes {@code length} bytes from {@code offset} on. */
        public Hasher update(byte[] bytes, int offset, int length) {
            digest.update(bytes, offset, length);
            return this;
        }

        /** The digest of all that was taken; the hasher starts anew. */
        public Digest digest() {
            return new Digest(digest.digest());
        }
    }
}
