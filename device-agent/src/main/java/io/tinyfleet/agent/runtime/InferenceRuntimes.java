package io.tinyfleet.agent.runtime;

import io.tinyfleet.agent.board.Board;
import io.tinyfleet.protocol.v1.ModelFormat;
import io.tinyfleet.protocol.v1.Runtime;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The runtimes that this installation carries and this machine can load. */
final class InferenceRuntimes {

    static final String ONNX = "onnxruntime";
    static final String TFLITE = "tflite";

    /** The packaged library was linked against it: an older one lacks symbols that it needs. */
    private static final int TFLITE_GLIBC_MINOR = 34;

    private static final Pattern GLIBC = Pattern.compile("glibc 2\\.([0-9]{1,4})");

    /** The library's version, then perhaps that of its packaging: {@code 2.20.0-1.5.13}. */
    private static final Pattern PACKAGED_VERSION = Pattern.compile("([0-9]+(?:\\.[0-9]+)*).*");

    private final List<NativeLibraries> carried;

    private InferenceRuntimes(List<NativeLibraries> carried) {
        this.carried = List.copyOf(carried);
    }

    static InferenceRuntimes find(Path home, Board board) {
        String osName = System.getProperty("os.name");
        String osArch = System.getProperty("os.arch");
        List<NativeLibraries> found = new ArrayList<>();
        NativeLibraries.onnx(home, osName, osArch).ifPresent(found::add);
        if (mayLoadTflite(board.libc())) {
            NativeLibraries.tflite(home, osName, osArch).ifPresent(found::add);
        }
        return new InferenceRuntimes(found);
    }

    /** A C library that does not say its version is given the chance: the trial of a model tells. */
    static boolean mayLoadTflite(String libc) {
        Matcher glibc = GLIBC.matcher(libc);
        return glibc.lookingAt() ? Integer.parseInt(glibc.group(1)) >= TFLITE_GLIBC_MINOR : !libc.equals("musl");
    }

    List<Runtime> reported() {
        return carried.stream()
                .map(libraries -> Runtime.newBuilder()
                        .setName(libraries.runtime())
                        .setVersion(plainVersion(libraries.version()))
                        .build())
                .toList();
    }

    private static String plainVersion(String packaged) {
        Matcher plain = PACKAGED_VERSION.matcher(packaged);
        return plain.matches() ? plain.group(1) : packaged;
    }

    /** JVM flags by which a worker finds the libraries for models of that format. */
    List<String> workerFlags(ModelFormat format, Path temporary) throws IOException {
        return switch (format) {
            case ONNX -> List.of("-Donnxruntime.native.path=" + unpacked(ONNX));
            case TFLITE ->
                List.of(
                        "-Djava.library.path=" + unpacked(TFLITE),
                        "-Dorg.bytedeco.javacpp.pathsFirst=true",
                        // Only if the folder above were ever not enough: never outside of the worker's own folder.
                        "-Dorg.bytedeco.javacpp.cachedir=" + temporary);
            case GGUF, MODEL_FORMAT_UNSPECIFIED, UNRECOGNIZED -> List.of();
        };
    }

    private Path unpacked(String runtime) throws IOException {
        for (NativeLibraries libraries : carried) {
            if (libraries.runtime().equals(runtime)) {
                return libraries.unpacked();
            }
        }
        throw new IOException("this installation has no " + runtime + " for this machine");
    }
}
