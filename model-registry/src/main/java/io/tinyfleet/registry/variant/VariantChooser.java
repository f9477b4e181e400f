package io.tinyfleet.registry.variant;

import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.v1.Compatibility;
import io.tinyfleet.protocol.v1.DeviceFacts;
import io.tinyfleet.protocol.v1.Release;
import io.tinyfleet.protocol.v1.Runtime;
import io.tinyfleet.protocol.v1.Variant;
import io.tinyfleet.registry.variant.Rejection.Rule;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;

/**
 * Starts from the device: drops what cannot run there, then takes the best of the rest by what was measured on the same
 * hardware class (energy, then latency), then by size. Pure: the same values give the same choice, in whatever order
 * the release lists its variants.
 */
public final class VariantChooser {
    private VariantChooser() {}

    /** For a device that holds nothing yet, with all its memory but {@link Candidate#HEAD_ROOM_BYTES} free. */
    public static Choice choose(Release release, DeviceFacts facts) {
        return choose(release, Candidate.of(facts), Measurements.none());
    }

    /** For a device that holds nothing yet. */
    public static Choice choose(Release release, DeviceFacts facts, long freeRamBytes) {
        return choose(release, new Candidate(facts, freeRamBytes, Set.of()), Measurements.none());
    }

    /** For a device of which more is known. */
    public static Choice choose(Release release, Candidate device, Measurements measurements) {
        List<Rejection> rejections = new ArrayList<>();
        List<Ranked> fitting = new ArrayList<>();
        for (Variant variant : release.getVariantsList()) {
            Digest artifact = Digest.fromBytes(variant.getTarget().getSha256());
            Measurement measured = measurements.find(artifact, device.facts().getHardwareClass());
            findRejection(variant, artifact, device, measured)
                    .ifPresentOrElse(rejections::add, () -> fitting.add(new Ranked(variant, artifact, measured)));
        }
        return fitting.stream()
                .min(BEST_FIRST)
                .<Choice>map(best -> new Choice.Chosen(best.variant(), why(best, fitting.size(), device), rejections))
                .orElseGet(() -> new Choice.NoneFits(rejections));
    }

    private record Ranked(Variant variant, Digest artifact, Measurement measured) {}

    /** Measured before unmeasured; name and digest at the end make the order total. */
    private static final Comparator<Ranked> BEST_FIRST = Comparator.<Ranked>comparingDouble(
                    r -> orLast(r.measured().energyMillijoules()))
            .thenComparingDouble(r -> orLast(r.measured().p95Millis()))
            .thenComparingLong(r -> r.variant().getTarget().getSize())
            .thenComparing(r -> r.variant().getName())
            .thenComparing(Ranked::artifact);

    private static double orLast(OptionalDouble cost) {
        return cost.orElse(Double.POSITIVE_INFINITY);
    }

    private static Optional<Rejection> findRejection(
            Variant variant, Digest artifact, Candidate device, Measurement measured) {
        String name = variant.getName();
        Compatibility needs = variant.getCompatibility();
        return findRuntimeRejection(name, needs, device.facts())
                .or(() -> findHardwareRejection(name, needs, device.facts()))
                .or(() -> findRoomRejection(variant, artifact, device))
                .or(() -> findBudgetRejection(variant, measured));
    }

    private static Optional<Rejection> findRuntimeRejection(String name, Compatibility needs, DeviceFacts facts) {
        List<Runtime> runtimes = facts.getRuntimesList().stream()
                .filter(runtime -> runtime.getName().equals(needs.getRuntime()))
                .toList();
        if (runtimes.isEmpty()) {
            String has = facts.getRuntimesCount() == 0
                    ? "no runtime"
                    : String.join(
                            ", ",
                            facts.getRuntimesList().stream()
                                    .map(Runtime::getName)
                                    .toList());
            return rejection(
                    name,
                    Rule.RUNTIME,
                    needs.getRuntime().isEmpty()
                            ? "does not say which runtime it needs"
                            : "needs the runtime " + needs.getRuntime() + ", the device has " + has);
        }
        if (needs.getMinRuntime().isEmpty()) {
            return Optional.empty();
        }
        Optional<RuntimeVersion> least = RuntimeVersion.find(needs.getMinRuntime());
        boolean enough = least.isPresent()
                && runtimes.stream()
                        .map(runtime -> RuntimeVersion.find(runtime.getVersion()))
                        .flatMap(Optional::stream)
                        .anyMatch(version -> version.compareTo(least.get()) >= 0);
        if (enough) {
            return Optional.empty();
        }
        String has =
                String.join(", ", runtimes.stream().map(Runtime::getVersion).toList());
        return rejection(
                name,
                Rule.RUNTIME_VERSION,
                "needs " + needs.getRuntime() + " " + needs.getMinRuntime() + " or newer, the device has "
                        + (has.isBlank() ? "an unknown version" : has));
    }

    private static Optional<Rejection> findHardwareRejection(String name, Compatibility needs, DeviceFacts facts) {
        DeviceAbi abi = DeviceAbi.of(facts);
        if (needs.getAbiCount() > 0 && needs.getAbiList().stream().noneMatch(abi::runs)) {
            return rejection(
                    name,
                    Rule.ABI,
                    "is made for " + String.join(" or ", needs.getAbiList()) + ", the device is " + abi);
        }
        List<String> accelerators = facts.getAcceleratorsList();
        if (needs.getAcceleratorsCount() > 0
                && needs.getAcceleratorsList().stream().noneMatch(accelerators::contains)) {
            return rejection(
                    name,
                    Rule.ACCELERATOR,
                    "needs " + String.join(" or ", needs.getAcceleratorsList()) + ", the device has "
                            + (accelerators.isEmpty() ? "no accelerator" : String.join(", ", accelerators)));
        }
        return Optional.empty();
    }

    private static Optional<Rejection> findRoomRejection(Variant variant, Digest artifact, Candidate device) {
        // The fields are unsigned: a size over 2^63 arrives negative and is more than any device has.
        long ram = variant.getCompatibility().getRamPeakBytes();
        if (Long.compareUnsigned(ram, device.freeRamBytes()) > 0) {
            return rejection(
                    variant.getName(),
                    Rule.RAM,
                    "needs " + megabytes(ram) + " RAM, " + megabytes(device.freeRamBytes()) + " free");
        }
        long stated = variant.getCompatibility().getFlashBytes();
        long flash = stated == 0 ? variant.getTarget().getSize() : stated;
        long free = device.facts().getFlashFreeBytes();
        if (!device.held().contains(artifact) && Long.compareUnsigned(flash, free) > 0) {
            return rejection(
                    variant.getName(),
                    Rule.FLASH,
                    "needs " + megabytes(flash) + " flash, " + megabytes(free) + " free");
        }
        return Optional.empty();
    }

    private static Optional<Rejection> findBudgetRejection(Variant variant, Measurement measured) {
        double p95Budget = variant.getBudgets().getP95Millis();
        if (p95Budget > 0 && measured.p95Millis().orElse(0) > p95Budget) {
            return rejection(
                    variant.getName(),
                    Rule.BUDGET,
                    "may take " + number(p95Budget) + " ms at p95, was measured at "
                            + number(measured.p95Millis().orElse(0)) + " ms on this hardware");
        }
        double energyBudget = variant.getBudgets().getEnergyMillijoules();
        if (energyBudget > 0 && measured.energyMillijoules().orElse(0) > energyBudget) {
            return rejection(
                    variant.getName(),
                    Rule.BUDGET,
                    "may take " + number(energyBudget) + " mJ an inference, was measured at "
                            + number(measured.energyMillijoules().orElse(0)) + " mJ on this hardware");
        }
        return Optional.empty();
    }

    private static Optional<Rejection> rejection(String variant, Rule rule, String sentence) {
        return Optional.of(new Rejection(variant, rule, sentence));
    }

    private static String why(Ranked best, int fitting, Candidate device) {
        if (fitting == 1) {
            return "the only one that fits";
        }
        String of = " of " + fitting + " that fit";
        String hardware = device.facts().getHardwareClass();
        if (best.measured().energyMillijoules().isPresent()) {
            return "least energy" + of + ": "
                    + number(best.measured().energyMillijoules().getAsDouble()) + " mJ measured on " + hardware;
        }
        if (best.measured().p95Millis().isPresent()) {
            return "fastest" + of + ": " + number(best.measured().p95Millis().getAsDouble()) + " ms at p95 measured on "
                    + hardware;
        }
        return "smallest" + of + ": " + megabytes(best.variant().getTarget().getSize());
    }

    /** Decimal megabytes; one digit after the point below ten. */
    private static String megabytes(long bytes) {
        double megabytes = bytes < 0 ? Double.POSITIVE_INFINITY : bytes / 1e6;
        return String.format(Locale.ROOT, megabytes > 0 && megabytes < 10 ? "%.1f MB" : "%.0f MB", megabytes);
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%.3g", value);
    }
}
