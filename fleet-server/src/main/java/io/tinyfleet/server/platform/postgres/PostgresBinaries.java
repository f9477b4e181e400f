package io.tinyfleet.server.platform.postgres;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Locale;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.tukaani.xz.XZInputStream;

/** PostgreSQL's programs, unpacked once from the archive on the class path. */
final class PostgresBinaries {
    /** Changes with the archive, so that a newer server never runs an older installation's programs. */
    private static final String VERSION = "18.6.0";

    private static final int EXECUTABLE_BITS = 0111;

    private final Path installation;

    private PostgresBinaries(Path installation) {
        this.installation = installation;
    }

    /** Unpacks below {@code parent} unless that has been done; half an unpacking is never seen. */
    static PostgresBinaries unpack(Path parent) throws IOException {
        Path installation = parent.resolve("postgres-" + VERSION);
        if (!Files.isDirectory(installation)) {
            Files.createDirectories(parent);
            Path aside = Files.createTempDirectory(parent, "unpacking-");
            extract(archive(), aside);
            try {
                Files.move(aside, installation, StandardCopyOption.ATOMIC_MOVE);
            } catch (FileAlreadyExistsException | DirectoryNotEmptyException | AtomicMoveNotSupportedException e) {
                if (!Files.isDirectory(installation)) {
                    throw e;
                }
                Folders.delete(aside); // Another process was faster; its copy is as good.
            }
        }
        return new PostgresBinaries(installation);
    }

    String program(String name) {
        return installation.resolve("bin").resolve(name).toString();
    }

    private static String archive() throws IOException {
        String os = System.getProperty("os.name").toLowerCase(Locale.ROOT);
        String architecture = System.getProperty("os.arch");
        if (os.contains("linux") && architecture.equals("amd64")) {
            return "postgres-linux-x86_64.txz";
        }
        if (os.contains("linux") && architecture.equals("aarch64")) {
            return "postgres-linux-arm_64.txz";
        }
        throw new IOException("there is no embedded PostgreSQL for " + os + " on " + architecture
                + "; run one and name it with QUARKUS_DATASOURCE_JDBC_URL, _USERNAME and _PASSWORD");
    }

    private static void extract(String resource, Path target) throws IOException {
        try (InputStream packed = PostgresBinaries.class.getClassLoader().getResourceAsStream(resource)) {
            if (packed == null) {
                throw new IOException("the class path has no " + resource);
            }
            try (TarArchiveInputStream tar =
                    new TarArchiveInputStream(new XZInputStream(new BufferedInputStream(packed)))) {
                TarArchiveEntry entry = tar.getNextEntry();
                while (entry != null) {
                    extract(tar, entry, target);
                    entry = tar.getNextEntry();
                }
            }
        }
    }

    private static void extract(TarArchiveInputStream tar, TarArchiveEntry entry, Path target) throws IOException {
        Path path = target.resolve(entry.getName()).normalize();
        if (!path.startsWith(target)) {
            throw new IOException("the archive has an entry outside its folder: " + entry.getName());
        }
        if (entry.isDirectory()) {
            Files.createDirectories(path);
            return;
        }
        Path folder = path.getParent();
        if (folder != null) {
            Files.createDirectories(folder);
        }
        if (entry.isSymbolicLink()) {
            Files.createSymbolicLink(path, Path.of(entry.getLinkName()));
            return;
        }
        Files.copy(tar, path);
        if ((entry.getMode() & EXECUTABLE_BITS) != 0 && !path.toFile().setExecutable(true)) {
            throw new IOException("cannot make " + path + " executable");
        }
    }
}
