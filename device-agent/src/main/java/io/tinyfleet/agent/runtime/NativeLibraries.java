package io.tinyfleet.agent.runtime;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;

/**
 * ONNX Runtime's shared libraries, unpacked once under the agent's home. Left to itself every worker would unpack
 * 22 MB into the temporary folder, and one that is killed would leave it there.
 */
final class NativeLibraries {

    private static final List<String> FILES = List.of("libonnxruntime.so", "libonnxruntime4j_jni.so");

    /** Named, not loaded: no class of ONNX Runtime runs in the agent's process. */
    private static final String RUNTIME_CLASS = "ai.onnxruntime.OnnxJavaType";

    private final Path folder;
    private final String platform;
    private final String version;

    private NativeLibraries(Path folder, String platform, String version) {
        this.folder = folder;
        this.platform = platform;
        this.version = version;
    }

    /** Empty if this installation carries none for this machine. */
    static Optional<NativeLibraries> find(Path home, String osName, String osArch) {
        if (!osName.equals("Linux")) {
            return Optional.empty();
        }
        String platform = osArch.equals("amd64") ? "linux-x64" : "linux-" + osArch;
        if (NativeLibraries.class.getClassLoader().getResource(resource(platform, FILES.get(0))) == null) {
            return Optional.empty();
        }
        String version = runtimeVersion();
        Path folder = home.resolve("native").resolve("onnxruntime-" + version + "-" + platform);
        return Optional.of(new NativeLibraries(folder, platform, version));
    }

    String version() {
        return version;
    }

    /** The folder with the libraries; there is never half of one, whenever the power is cut. */
    Path unpacked() throws IOException {
        if (Files.isDirectory(folder)) {
            return folder;
        }
        Path parent = Files.createDirectories(folder.resolveSibling("."));
        Path aside = Files.createTempDirectory(parent, "unpacking-");
        try {
            for (String file : FILES) {
                unpack(file, aside.resolve(file));
            }
            Files.move(aside, folder, StandardCopyOption.ATOMIC_MOVE);
        } catch (FileAlreadyExistsException | DirectoryNotEmptyException e) {
            // Another thread was first: its folder is as good.
            return folder;
        } catch (AtomicMoveNotSupportedException e) {
            throw new IOException("the folder " + parent + " cannot rename in one step", e);
        } finally {
            RunFolder.deleteTree(aside);
        }
        return folder;
    }

    private void unpack(String file, Path target) throws IOException {
        try (InputStream in = NativeLibraries.class.getClassLoader().getResourceAsStream(resource(platform, file))) {
            if (in == null) {
                throw new IOException("the installation lacks " + resource(platform, file));
            }
            Files.copy(in, target);
        }
        try (FileChannel written = FileChannel.open(target, StandardOpenOption.WRITE)) {
            written.force(true);
        }
    }

    private static String resource(String platform, String file) {
        return "ai/onnxruntime/native/" + platform + "/" + file;
    }

    private static String runtimeVersion() {
        try {
            String version = Class.forName(RUNTIME_CLASS, false, NativeLibraries.class.getClassLoader())
                    .getPackage()
                    .getImplementationVersion();
            return version == null ? "unknown" : version;
        } catch (ClassNotFoundException e) {
            return "unknown";
        }
    }
}
