package io.tinyfleet.e2e.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.management.OperatingSystemMXBean;
import io.tinyfleet.e2e.process.FleetApi;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.delta.BaseFile;
import io.tinyfleet.protocol.delta.CorruptPatchException;
import io.tinyfleet.protocol.delta.Segment;
import io.tinyfleet.protocol.delta.Td1Decoder;
import io.tinyfleet.protocol.delta.Td1Encoder;
import io.tinyfleet.registry.delta.TensorAlignment;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * Makes or applies one td1 patch in the working directory and says what it cost: the processor time of the whole process
 * from here on, compilers included, and the highest use of the heap over what was used before.
 *
 * <p>Arguments: {@code make}, or {@code apply} and the base's digest, which a device knows since it started that model.
 */
public final class DeltaRun {
    private static final Path BASE = Path.of("base.onnx");
    private static final Path TARGET = Path.of("target.onnx");
    private static final Path PATCH = Path.of("patch.td1");
    private static final Path MADE = Path.of("made.onnx");
    private static final double MEGABYTE = 1 << 20;
    private static final double SECOND = 1e9;

    private DeltaRun() {}

    public static void main(String[] arguments) throws IOException, CorruptPatchException {
        OperatingSystemMXBean system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
        List<MemoryPoolMXBean> heap = ManagementFactory.getMemoryPoolMXBeans().stream()
                .filter(pool -> pool.getType() == MemoryType.HEAP)
                .toList();
        heap.forEach(MemoryPoolMXBean::resetPeakUsage);
        long before = peak(heap);
        long cpu = system.getProcessCpuTime();
        if (arguments[0].equals("make")) {
            make();
        } else {
            apply(Digest.parse(arguments[1]));
        }
        // Taken before the result is made: the JSON library's own start costs a third of what is measured here.
        double cpuSeconds = (system.getProcessCpuTime() - cpu) / SECOND;
        double peakMb = (peak(heap) - before) / MEGABYTE;
        ObjectNode result = FleetApi.object();
        result.put("cpuSeconds", rounded(cpuSeconds));
        result.put("peakMb", rounded(peakMb));
        result.put("bytes", Files.size(PATCH));
        System.out.println(result);
    }

    private static void make() throws IOException {
        try (BaseFile base = BaseFile.open(BASE);
                BaseFile target = BaseFile.open(TARGET);
                OutputStream out = new BufferedOutputStream(Files.newOutputStream(PATCH))) {
            List<Segment> segments = TensorAlignment.byTensors(base, target);
            Td1Encoder.encode(base, target, segments, out);
        }
    }

    private static void apply(Digest known) throws IOException, CorruptPatchException {
        try (BaseFile base = BaseFile.openVerified(BASE, known);
                InputStream patch = Files.newInputStream(PATCH);
                OutputStream out = Files.newOutputStream(MADE)) {
            Td1Decoder.decode(base, patch, Files.size(TARGET), out);
        }
    }

    private static long peak(List<MemoryPoolMXBean> heap) {
        return heap.stream().mapToLong(pool -> pool.getPeakUsage().getUsed()).sum();
    }

    private static double rounded(double value) {
        return Double.parseDouble(String.format(Locale.ROOT, "%.2f", value));
    }
}
