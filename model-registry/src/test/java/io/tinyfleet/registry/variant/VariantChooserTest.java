package io.tinyfleet.registry.variant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.google.protobuf.ByteString;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.v1.Budgets;
import io.tinyfleet.protocol.v1.Compatibility;
import io.tinyfleet.protocol.v1.DeviceFacts;
import io.tinyfleet.protocol.v1.Release;
import io.tinyfleet.protocol.v1.Runtime;
import io.tinyfleet.protocol.v1.Target;
import io.tinyfleet.protocol.v1.Variant;
import io.tinyfleet.registry.variant.Choice.Chosen;
import io.tinyfleet.registry.variant.Choice.NoneFits;
import io.tinyfleet.registry.variant.Rejection.Rule;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class VariantChooserTest {
    private static final long MB = 1_000_000;
    private static final DeviceFacts PI = DeviceFacts.newBuilder()
            .setHardwareClass("pi4")
            .setArch("aarch64")
            .setLibc("glibc 2.36")
            .setOs("Linux 6.1")
            .setRamBytes(2_000 * MB)
            .setFlashFreeBytes(500 * MB)
            .addRuntimes(Runtime.newBuilder().setName("onnxruntime").setVersion("1.23.2"))
            .build();

    // ---- what cannot run

    @Test
    void a_device_without_the_runtime_gets_nothing_and_says_so() {
        assertRejected(
                variant("v", needs().setRuntime("tflite")),
                PI,
                Rule.RUNTIME,
                "needs the runtime tflite, the device has onnxruntime");
        assertRejected(
                variant("v", needs()),
                PI.toBuilder().clearRuntimes().build(),
                Rule.RUNTIME,
                "needs the runtime onnxruntime, the device has no runtime");
        assertRejected(variant("v", needs().clearRuntime()), PI, Rule.RUNTIME, "does not say which runtime it needs");
    }

    @Test
    void an_older_runtime_is_not_enough() {
        assertRejected(
                variant("v", needs().setMinRuntime("1.24")),
                PI,
                Rule.RUNTIME_VERSION,
                "needs onnxruntime 1.24 or newer, the device has 1.23.2");
        for (String enough : List.of("1.23.2", "1.23", "1.9", "0.99.99", "1.23.2-rc1", "v1.23")) {
            assertThat(choose(variant("v", needs().setMinRuntime(enough)), PI))
                    .as(enough)
                    .isInstanceOf(Chosen.class);
        }
    }

    @Test
    void a_version_that_cannot_be_read_is_not_enough() {
        DeviceFacts unreadable = withRuntime("nightly");
        assertRejected(
                variant("v", needs().setMinRuntime("1.0")),
                unreadable,
                Rule.RUNTIME_VERSION,
                "needs onnxruntime 1.0 or newer, the device has nightly");
        assertRejected(
                variant("v", needs().setMinRuntime("1.0")),
                withRuntime(""),
                Rule.RUNTIME_VERSION,
                "needs onnxruntime 1.0 or newer, the device has an unknown version");
        assertRejected(
                variant("v", needs().setMinRuntime("latest")),
                PI,
                Rule.RUNTIME_VERSION,
                "needs onnxruntime latest or newer, the device has 1.23.2");
    }

    @Test
    void the_newest_of_several_installed_runtimes_counts() {
        DeviceFacts two = PI.toBuilder()
                .addRuntimes(Runtime.newBuilder().setName("onnxruntime").setVersion("1.29.0"))
                .build();
        assertThat(choose(variant("v", needs().setMinRuntime("1.24")), two)).isInstanceOf(Chosen.class);
    }

    @Test
    void another_processor_or_c_library_is_named() {
        assertRejected(
                variant("v", needs().addAbi("linux-x86_64-glibc")),
                PI,
                Rule.ABI,
                "is made for linux-x86_64-glibc, the device is linux-aarch64-glibc 2.36");
        assertRejected(
                variant("v", needs().addAbi("linux-aarch64-musl").addAbi("linux-aarch64-glibc2.38")),
                PI,
                Rule.ABI,
                "is made for linux-aarch64-musl or linux-aarch64-glibc2.38, the device is linux-aarch64-glibc 2.36");
        for (String abi : List.of("linux-aarch64-glibc", "linux-aarch64", "linux-aarch64-glibc2.34")) {
            assertThat(choose(variant("v", needs().addAbi("linux-x86_64").addAbi(abi)), PI))
                    .as(abi)
                    .isInstanceOf(Chosen.class);
        }
    }

    @Test
    void an_abi_that_cannot_be_read_or_is_not_reported_fits_nothing() {
        DeviceFacts silent = PI.toBuilder().clearArch().clearLibc().clearOs().build();
        assertThat(choose(variant("v", needs().addAbi("linux-aarch64-glibc")), silent))
                .isInstanceOf(NoneFits.class);
        for (String abi : List.of("", "any", "linux", "linux-aarch64-", "linux-aarch64-glibc2.34-extra")) {
            assertThat(choose(variant("v", needs().addAbi(abi)), PI)).as(abi).isInstanceOf(NoneFits.class);
        }
    }

    @Test
    void an_accelerator_that_is_not_there_is_named() {
        assertRejected(
                variant("v", needs().addAccelerators("cuda")),
                PI,
                Rule.ACCELERATOR,
                "needs cuda, the device has no accelerator");
        DeviceFacts jetson = PI.toBuilder().addAccelerators("cuda").build();
        assertThat(choose(variant("v", needs().addAccelerators("tpu").addAccelerators("cuda")), jetson))
                .isInstanceOf(Chosen.class);
    }

    @Test
    void too_little_memory_is_told_in_megabytes() {
        Release release = release(variant("v", needs().setRamPeakBytes(41 * MB)));
        assertRejected(VariantChooser.choose(release, PI, 27 * MB), Rule.RAM, "needs 41 MB RAM, 27 MB free");
        assertThat(VariantChooser.choose(release, PI, 41 * MB)).isInstanceOf(Chosen.class);
    }

    @Test
    void the_agents_own_memory_is_not_free() {
        Variant variant = variant("v", needs().setRamPeakBytes(30 * MB));
        DeviceFacts small = PI.toBuilder().setRamBytes(128 * 1024 * 1024).build();
        assertThat(choose(variant, small)).isInstanceOf(Chosen.class);
        assertRejected(variant, small.toBuilder().setRamBytes(64 * MB).build(), Rule.RAM, "needs 30 MB RAM, 0 MB free");
        assertRejected(variant, small.toBuilder().clearRamBytes().build(), Rule.RAM, "needs 30 MB RAM, 0 MB free");
    }

    @Test
    void too_little_storage_is_told_unless_the_artifact_is_already_there() {
        DeviceFacts full = PI.toBuilder().setFlashFreeBytes(1_200_000).build();
        Variant variant = variant("v", needs());
        assertRejected(variant, full, Rule.FLASH, "needs 2.0 MB flash, 1.2 MB free");
        assertRejected(
                variant("v", needs().setFlashBytes(9 * MB)), full, Rule.FLASH, "needs 9.0 MB flash, 1.2 MB free");
        Candidate holder = new Candidate(full, 1_000 * MB, Set.of(sha("v")));
        assertThat(VariantChooser.choose(release(variant), holder, Measurements.none()))
                .isInstanceOf(Chosen.class);
    }

    @Test
    void sizes_over_all_bounds_fit_nowhere() {
        assertThat(choose(variant("v", needs().setRamPeakBytes(-1)), PI)).isInstanceOf(NoneFits.class);
        assertThat(choose(variant("v", needs().setFlashBytes(-1)), PI)).isInstanceOf(NoneFits.class);
    }

    @Test
    void a_variant_measured_over_its_own_budget_on_this_hardware_is_dropped() {
        Variant tight = variant("v", needs()).toBuilder()
                .setBudgets(Budgets.newBuilder().setP95Millis(5).setEnergyMillijoules(2))
                .build();
        assertRejected(
                VariantChooser.choose(release(tight), Candidate.of(PI), measured("v", 1, 7.5)),
                Rule.BUDGET,
                "may take 5.00 ms at p95, was measured at 7.50 ms on this hardware");
        assertRejected(
                VariantChooser.choose(release(tight), Candidate.of(PI), measured("v", 2.5, 4)),
                Rule.BUDGET,
                "may take 2.00 mJ an inference, was measured at 2.50 mJ on this hardware");
        assertThat(VariantChooser.choose(release(tight), Candidate.of(PI), measured("v", 2, 5)))
                .isInstanceOf(Chosen.class);
    }

    @Test
    void when_none_fits_each_variant_has_its_reason() {
        NoneFits none = (NoneFits) VariantChooser.choose(
                release(
                        variant("gpu", needs().addAccelerators("cuda")),
                        variant("big", needs().setRamPeakBytes(5_000 * MB)),
                        variant("tiny", needs().setRuntime("tflite"))),
                PI);
        assertThat(none.rejections())
                .extracting(Rejection::variant, Rejection::rule)
                .containsExactly(
                        org.assertj.core.api.Assertions.tuple("gpu", Rule.ACCELERATOR),
                        org.assertj.core.api.Assertions.tuple("big", Rule.RAM),
                        org.assertj.core.api.Assertions.tuple("tiny", Rule.RUNTIME));
    }

    // ---- which is best

    @Test
    void without_measurements_the_smallest_is_taken() {
        Chosen chosen = (Chosen) VariantChooser.choose(
                release(sized("fp32", 90 * MB), sized("int8", 23 * MB), sized("int4", 19 * MB)), PI);
        assertThat(chosen.variant().getName()).isEqualTo("int4");
        assertThat(chosen.why()).isEqualTo("smallest of 3 that fit: 19 MB");
    }

    @Test
    void what_was_measured_beats_what_is_small() {
        Release release = release(sized("fp32", 90 * MB), sized("int8", 23 * MB), sized("int4", 19 * MB));
        Chosen byEnergy = (Chosen) VariantChooser.choose(release, Candidate.of(PI), measured("fp32", 4.25, 9));
        assertThat(byEnergy.variant().getName()).isEqualTo("fp32");
        assertThat(byEnergy.why()).isEqualTo("least energy of 3 that fit: 4.25 mJ measured on pi4");
        Measurements latency = (artifact, hardware) -> artifact.equals(sha("int8"))
                ? new Measurement(OptionalDouble.empty(), OptionalDouble.of(3))
                : Measurement.NONE;
        Chosen byLatency = (Chosen) VariantChooser.choose(release, Candidate.of(PI), latency);
        assertThat(byLatency.variant().getName()).isEqualTo("int8");
        assertThat(byLatency.why()).isEqualTo("fastest of 3 that fit: 3.00 ms at p95 measured on pi4");
    }

    @Test
    void measurements_are_asked_for_the_devices_own_hardware_class() {
        Measurements onlyJetson = (artifact, hardware) -> hardware.equals("jetson") && artifact.equals(sha("a"))
                ? new Measurement(OptionalDouble.of(1), OptionalDouble.of(1))
                : Measurement.NONE;
        Release release = release(sized("a", 2 * MB), sized("b", 1 * MB));
        assertThat(((Chosen) VariantChooser.choose(release, Candidate.of(PI), onlyJetson))
                        .variant()
                        .getName())
                .isEqualTo("b");
    }

    @Test
    void a_measurement_is_never_negative_or_not_a_number() {
        for (double bad : new double[] {-1, Double.NaN, Double.POSITIVE_INFINITY}) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> new Measurement(OptionalDouble.of(bad), OptionalDouble.empty()));
        }
    }

    // ---- properties, over many random fleets

    @Test
    void each_variant_is_either_rejected_once_or_was_a_candidate() {
        for (int seed = 0; seed < 500; seed++) {
            Scene scene = new Scene(seed);
            Choice choice = scene.choose();
            int fitting = scene.release.getVariantsCount() - choice.rejections().size();
            assertThat(choice.rejections()).extracting(Rejection::variant).doesNotHaveDuplicates();
            assertThat(choice instanceof Chosen).as("seed %d", seed).isEqualTo(fitting > 0);
            if (choice instanceof Chosen chosen) {
                assertThat(choice.rejections())
                        .extracting(Rejection::variant)
                        .doesNotContain(chosen.variant().getName());
                assertThat(chosen.why()).isNotBlank();
            }
            assertThat(choice.rejections())
                    .allSatisfy(r -> assertThat(r.sentence()).isNotBlank());
        }
    }

    @Test
    void the_order_of_the_variants_changes_nothing() {
        for (int seed = 0; seed < 300; seed++) {
            Scene scene = new Scene(seed);
            List<Variant> shuffled = new ArrayList<>(scene.release.getVariantsList());
            Collections.shuffle(shuffled, new Random(seed));
            Release other = scene.release.toBuilder()
                    .clearVariants()
                    .addAllVariants(shuffled)
                    .build();
            Choice first = scene.choose();
            Choice second = VariantChooser.choose(other, scene.device, scene.measurements);
            assertThat(nameOf(second)).as("seed %d", seed).isEqualTo(nameOf(first));
        }
    }

    @Test
    void no_variant_that_fits_was_measured_cheaper_than_the_chosen_one() {
        for (int seed = 0; seed < 500; seed++) {
            Scene scene = new Scene(seed);
            if (!(scene.choose() instanceof Chosen chosen)) {
                continue;
            }
            Set<String> rejected = Set.copyOf(
                    chosen.rejections().stream().map(Rejection::variant).toList());
            double best = scene.energy(chosen.variant());
            for (Variant variant : scene.release.getVariantsList()) {
                if (!rejected.contains(variant.getName())) {
                    assertThat(scene.energy(variant)).as("seed %d", seed).isGreaterThanOrEqualTo(best);
                }
            }
        }
    }

    @Test
    void more_memory_and_storage_never_take_a_choice_away() {
        for (int seed = 0; seed < 300; seed++) {
            Scene scene = new Scene(seed);
            Candidate richer = new Candidate(
                    scene.device.facts().toBuilder()
                            .setFlashFreeBytes(scene.device.facts().getFlashFreeBytes() * 2)
                            .build(),
                    scene.device.freeRamBytes() * 2,
                    scene.device.held());
            int before = scene.choose().rejections().size();
            int after = VariantChooser.choose(scene.release, richer, scene.measurements)
                    .rejections()
                    .size();
            assertThat(after).as("seed %d", seed).isLessThanOrEqualTo(before);
        }
    }

    /** A random device, release and history. */
    private static final class Scene {
        final Release release;
        final Candidate device;
        final Measurements measurements;
        private final Map<Digest, Measurement> known = new HashMap<>();

        Scene(int seed) {
            Random random = new Random(seed);
            List<Variant> variants = new ArrayList<>();
            int count = random.nextInt(6);
            for (int i = 0; i < count; i++) {
                Compatibility.Builder needs = needs().setRamPeakBytes(random.nextInt(60) * MB);
                if (random.nextInt(4) == 0) {
                    needs.addAbi(random.nextBoolean() ? "linux-x86_64-glibc" : "linux-aarch64-glibc");
                }
                if (random.nextInt(5) == 0) {
                    needs.setMinRuntime(random.nextBoolean() ? "1.30" : "1.20");
                }
                Variant variant = sized("v" + i, (1 + random.nextInt(5)) * MB).toBuilder()
                        .setCompatibility(needs)
                        .build();
                variants.add(variant);
                if (random.nextBoolean()) {
                    known.put(
                            Digest.fromBytes(variant.getTarget().getSha256()),
                            new Measurement(
                                    OptionalDouble.of(random.nextInt(4)), OptionalDouble.of(random.nextInt(4))));
                }
            }
            release = release(variants.toArray(new Variant[0]));
            device = new Candidate(
                    PI.toBuilder().setFlashFreeBytes(random.nextInt(6) * MB).build(),
                    random.nextInt(80) * MB,
                    Set.of());
            measurements = (artifact, hardware) -> known.getOrDefault(artifact, Measurement.NONE);
        }

        Choice choose() {
            return VariantChooser.choose(release, device, measurements);
        }

        double energy(Variant variant) {
            return measurements
                    .find(Digest.fromBytes(variant.getTarget().getSha256()), "pi4")
                    .energyMillijoules()
                    .orElse(Double.POSITIVE_INFINITY);
        }
    }

    private static String nameOf(Choice choice) {
        return choice instanceof Chosen chosen ? chosen.variant().getName() : "none";
    }

    private static Choice choose(Variant variant, DeviceFacts facts) {
        return VariantChooser.choose(release(variant), facts);
    }

    private static void assertRejected(Variant variant, DeviceFacts facts, Rule rule, String sentence) {
        assertRejected(choose(variant, facts), rule, sentence);
    }

    private static void assertRejected(Choice choice, Rule rule, String sentence) {
        assertThat(choice).isInstanceOf(NoneFits.class);
        assertThat(choice.rejections()).singleElement().satisfies(rejection -> {
            assertThat(rejection.sentence()).isEqualTo(sentence);
            assertThat(rejection.rule()).isEqualTo(rule);
        });
    }

    private static Measurements measured(String name, double energy, double p95) {
        return (artifact, hardware) -> artifact.equals(sha(name))
                ? new Measurement(OptionalDouble.of(energy), OptionalDouble.of(p95))
                : Measurement.NONE;
    }

    private static DeviceFacts withRuntime(String version) {
        return PI.toBuilder()
                .setRuntimes(0, Runtime.newBuilder().setName("onnxruntime").setVersion(version))
                .build();
    }

    private static Compatibility.Builder needs() {
        return Compatibility.newBuilder().setRuntime("onnxruntime");
    }

    private static Variant variant(String name, Compatibility.Builder needs) {
        return sized(name, 2 * MB).toBuilder().setCompatibility(needs).build();
    }

    private static Variant sized(String name, long size) {
        return Variant.newBuilder()
                .setName(name)
                .setTarget(Target.newBuilder().setSha256(bytesOf(name)).setSize(size))
                .setCompatibility(needs())
                .build();
    }

    private static Release release(Variant... variants) {
        return Release.newBuilder().addAllVariants(Arrays.asList(variants)).build();
    }

    private static ByteString bytesOf(String name) {
        return sha(name).toBytes();
    }

    private static Digest sha(String name) {
        return Digest.of(name.getBytes(StandardCharsets.UTF_8));
    }
}
