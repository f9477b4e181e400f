package io.tinyfleet.registry.cli.trust;

import io.tinyfleet.protocol.Digest;
import io.tinyfleet.registry.cli.Refused;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/** The files of a model with their digests: one file, or a folder without its version control and its signature. */
record ModelFiles(SortedMap<String, Digest> digests) {
    /** What a model signing bundle leaves out by default (specification 1.0, section 6.2). */
    static final List<String> IGNORED = List.of(".git", ".gitattributes", ".github", ".gitignore");

    private static final int MAX_FILES = 100_000;
    private static final int MAX_DEPTH = 64;

    /** @param leftOut a file that is not part of the model, such as the bundle itself */
    static ModelFiles of(Path model, Path leftOut) {
        SortedMap<String, Digest> digests = new TreeMap<>();
        try {
            if (Files.isRegularFile(model, LinkOption.NOFOLLOW_LINKS)) {
                digests.put(String.valueOf(model.getFileName()), digest(model));
                return new ModelFiles(digests);
            }
            try (Stream<Path> files = Files.walk(model, MAX_DEPTH)) {
                for (Path file : (Iterable<Path>) files::iterator) {
                    add(digests, model, file, leftOut);
                }
            }
        } catch (IOException e) {
            throw new Refused("cannot read the model " + model + ": " + e.getMessage(), e);
        }
        if (digests.isEmpty()) {
            throw new Refused("there is no file to sign in " + model);
        }
        return new ModelFiles(digests);
    }

    private static void add(SortedMap<String, Digest> digests, Path model, Path file, Path leftOut) throws IOException {
        if (file.equals(model)) {
            return;
        }
        Path relative = model.relativize(file);
        boolean ignored = IGNORED.contains(relative.getName(0).toString())
                || file.toAbsolutePath()
                        .normalize()
                        .equals(leftOut.toAbsolutePath().normalize());
        if (ignored || Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            throw new Refused(file + " is a link or a device: a signed model holds files only");
        }
        if (digests.size() == MAX_FILES) {
            throw new Refused("a signed model has at most " + MAX_FILES + " files: " + model);
        }
        digests.put(relative.toString().replace('\\', '/'), digest(file));
    }

    /** SHA-256 over the digests in the order of the names: what stands for the whole. */
    Digest whole() {
        MessageDigest all = sha256();
        digests.values().forEach(digest -> all.update(digest.toByteArray()));
        return Digest.fromBytes(all.digest());
    }

    private static Digest digest(Path file) throws IOException {
        MessageDigest all = sha256();
        byte[] buffer = new byte[1 << 16];
        try (InputStream in = Files.newInputStream(file)) {
            for (int read = in.read(buffer); read > 0; read = in.read(buffer)) {
                all.update(Arrays.copyOf(buffer, read));
            }
        }
        return Digest.fromBytes(all.digest());
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
