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
 * A runtime's shared libraries: unpacked by the installation, or else once under the agent's home. Left to itself every worker would unpack megabytes
 * into the temporary folder, and one that is killed would leave them there.
 */
final class NativeLibraries {

    private final Carried carried;
    private final Path folder;
    private final String version;

    private NativeLibraries(Carried carried, Path folder, String version) {
        this.carried = carried;
        this.folder = folder;
        this.version = version;
    }

    /**
     * What a runtime's jars carry for one machine.
     *
     * @param runtime its name in releases
     * @param resources class path names of the libraries, the main one first
     * @param versionClass a class of the jar that knows the version: named, not loaded, because no class of a runtime
     *     runs in the agent's process
     */
    private record Carried(String runtime, List<String> resources, String versionClass) {

        static Carried onnx(String arch) {
            String folder = "ai/onnxruntime/native/" + (arch.equals("amd64") ? "linux-x64" : "linux-" + arch) + "/";
            return new Carried(
                    InferenceRuntimes.ONNX,
                    List.of(folder + "libonnxruntime.so", folder + "libonnxruntime4j_jni.so"),
                    "ai.onnxruntime.OnnxJavaType");
        }

        static Carried tflite(String arch) {
            String platform = arch.equals("amd64") ? "linux-x86_64" : arch.equals("aarch64") ? "linux-arm64" : arch;
            return new Carried(
                    InferenceRuntimes.TFLITE,
                    List.of(
                            "org/bytedeco/tensorflowlite/" + platform + "/libjnitensorflowlite.so",
                            "org/bytedeco/javacpp/" + platform + "/libjnijavacpp.so"),
                    "org.bytedeco.tensorflowlite.TfLiteTensor");
        }
    }

    /** ONNX Runtime's; empty if this installation carries none for this machine. */
    static Optional<NativeLibraries> onnx(Path home, String osName, String osArch) {
        return find(home, osName, osArch, Carried.onnx(osArch));
    }

    /** TensorFlow Lite's; empty if this installation carries none for this machine. */
    static Optional<NativeLibraries> tflite(Path home, String osName, String osArch) {
        return find(home, osName, osArch, Carried.tflite(osArch));
    }

    private static Optional<NativeLibraries> find(Path home, String osName, String osArch, Carried carried) {
        String version = version(carried.versionClass());
        String name = carried.runtime() + "-" + version + "-" + osArch;
        Optional<Path> installed = ClassArchive.installation()
                .map(installation -> installation.resolve("native").resolve(name))
                .filter(Files::isDirectory);
        ClassLoader loader = NativeLibraries.class.getClassLoader();
        boolean packed = loader.getResource(carried.resources().get(0)) != null;
        if (!osName.equals("Linux") || (!packed && installed.isEmpty())) {
            return Optional.empty();
        }
        Path folder = installed.orElseGet(() -> home.resolve("native").resolve(name));
        return Optional.of(new NativeLibraries(carried, folder, version));
    }

    /** The runtime's name in releases. */
    String runtime() {
        return carried.runtime();
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
            for (String resource : carried.resources()) {
                unpack(resource, aside.resolve(resource.substring(resource.lastIndexOf('/') + 1)));
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

    private static void unpack(String resource, Path target) throws IOException {
        try (InputStream in = NativeLibraries.class.getClassLoader().getResourceAsStream(resource)) {
            if (in == null) {
                throw new IOException("the installation lacks " + resource);
            }
            Files.copy(in, target);
        }
        try (FileChannel written = FileChannel.open(target, StandardOpenOption.WRITE)) {
            written.force(true);
        }
    }

    private static String version(String className) {
        try {
            String version = Class.forName(className, false, NativeLibraries.class.getClassLoader())
                    .getPackage()
                    .getImplementationVersion();
            return version == null ? "unknown" : version;
        } catch (ClassNotFoundException e) {
            return "unknown";
        }
    }
}
