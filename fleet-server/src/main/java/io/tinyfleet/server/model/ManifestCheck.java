package io.tinyfleet.server.model;

import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.ReleaseId;
import io.tinyfleet.protocol.v1.Budgets;
import io.tinyfleet.protocol.v1.Compatibility;
import io.tinyfleet.protocol.v1.ModelFormat;
import io.tinyfleet.protocol.v1.Quantization;
import io.tinyfleet.protocol.v1.SelfTest;
import io.tinyfleet.protocol.v1.SelfTestVectors;
import io.tinyfleet.protocol.v1.Target;
import io.tinyfleet.protocol.v1.Variant;
import io.tinyfleet.registry.licence.SpdxExpression;
import io.tinyfleet.server.model.ReleaseRequest.BudgetsRequest;
import io.tinyfleet.server.model.ReleaseRequest.SelfTestRequest;
import io.tinyfleet.server.model.ReleaseRequest.VariantRequest;
import io.tinyfleet.server.platform.FieldViolation;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Says whether a release can be made from a request, and of what. It knows only what is stored about the artifacts, so
 * that a release which names a file that does not exist, or an input that the model does not have, is never signed.
 */
final class ManifestCheck {
    static final int MAX_VARIANTS = 16;
    static final int MAX_ABIS = 16;
    static final int MAX_LICENCE_LENGTH = 200;
    private static final long MAX_BYTES = 1L << 40;
    private static final double MAX_BUDGET = 1e9;
    private static final Pattern VARIANT_NAME = Pattern.compile("[a-z0-9][a-z0-9._-]{0,63}");
    private static final Pattern RUNTIME_VERSION = Pattern.compile("\\d{1,6}(\\.\\d{1,6}){0,3}");
    private static final int MAX_ACCELERATORS = 8;
    private static final Pattern ACCELERATOR = Pattern.compile("[a-z0-9][a-z0-9_-]{0,31}");
    private static final Pattern ABI = Pattern.compile("[a-z0-9][a-z0-9_.-]{0,63}");

    /** What is stored about the files a request names. */
    interface Stored {
        Optional<ArtifactView> findArtifact(Digest sha256);

        boolean hasRelease(ReleaseId release);

        SelfTestVectors getVectors(ArtifactView selfTest);
    }

    /** Holds variants only if there are no violations. */
    record Checked(
            @Nullable SemanticVersion version,
            String licence,
            List<Variant> variants,
            Set<String> tags,
            List<FieldViolation> violations) {
        boolean accepted() {
            return violations.isEmpty();
        }
    }

    private final Stored stored;
    private final Violations violations = new Violations();

    private ManifestCheck(Stored stored) {
        this.stored = stored;
    }

    static Checked check(ReleaseRequest request, Stored stored) {
        return new ManifestCheck(stored).check(request);
    }

    private Checked check(ReleaseRequest request) {
        Optional<SemanticVersion> version =
                violations.required("version", request.version()).flatMap(SemanticVersion::parse);
        if (request.version() != null && version.isEmpty()) {
            violations.add("version", SemanticVersion.RULE, request.version());
        }
        if (request.securityVersion() != null) {
            violations.whole("securityVersion", request.securityVersion(), 0, Integer.MAX_VALUE);
        }
        String licence =
                violations.required("licence", request.licence()).orElse("").strip();
        if (request.licence() != null) {
            licence = licence(violations, licence);
        }
        if (request.lineage() != null) {
            checkLineage(request.lineage());
        }
        Set<String> tags = DescribeModel.checkTags(violations, request.tags() == null ? List.of() : request.tags());
        List<VariantRequest> requested =
                violations.required("variants", request.variants()).orElse(List.of());
        if (request.variants() != null && (requested.isEmpty() || requested.size() > MAX_VARIANTS)) {
            violations.add("variants", "must hold 1 to " + MAX_VARIANTS, requested.size());
        }
        List<Variant> variants = new ArrayList<>();
        for (int i = 0; i < Math.min(requested.size(), MAX_VARIANTS); i++) {
            variants.add(variant("variants[" + i + "]", requested.get(i)));
        }
        checkDistinct(variants);
        return new Checked(
                version.orElse(null),
                licence,
                violations.none() ? List.copyOf(variants) : List.of(),
                tags,
                violations.all());
    }

    /** The licence as SPDX writes it, or what was given when it breaks the rule. */
    static String licence(Violations violations, String text) {
        if (text.length() > MAX_LICENCE_LENGTH) {
            violations.add("licence", "must have at most " + MAX_LICENCE_LENGTH + " characters", text);
            return text;
        }
        try {
            return SpdxExpression.parse(text).text();
        } catch (IllegalArgumentException e) {
            violations.add("licence", String.valueOf(e.getMessage()), text);
            return text;
        }
    }

    private void checkLineage(Lineage lineage) {
        lineage.check(violations);
        if (lineage.baseRelease() == null) {
            return;
        }
        try {
            if (!stored.hasRelease(ReleaseId.parse(lineage.baseRelease()))) {
                violations.add("lineage.baseRelease", "must be a release that exists", lineage.baseRelease());
            }
        } catch (IllegalArgumentException e) {
            violations.add("lineage.baseRelease", "must be the id of a release", lineage.baseRelease());
        }
    }

    private void checkDistinct(List<Variant> variants) {
        Set<Object> seen = new HashSet<>();
        for (int i = 0; i < variants.size(); i++) {
            Variant variant = variants.get(i);
            if (!variant.getName().isEmpty() && !seen.add(variant.getName())) {
                violations.add("variants[" + i + "].name", "must differ from the other variants'", variant.getName());
            }
            // A device is told its variant by the file's digest, so one file cannot stand for two.
            if (variant.hasTarget() && !seen.add(variant.getTarget().getSha256())) {
                violations.add("variants[" + i + "].artifact", "must differ from the other variants'", null);
            }
        }
    }

    private Variant variant(String path, @Nullable VariantRequest request) {
        if (request == null) {
            violations.add(path, Violations.REQUIRED, null);
            return Variant.getDefaultInstance();
        }
        Variant.Builder variant = Variant.newBuilder();
        violations.required(path + ".name", request.name()).ifPresent(name -> {
            if (!VARIANT_NAME.matcher(name).matches()) {
                violations.add(path + ".name", "must match " + VARIANT_NAME, name);
            }
            variant.setName(name);
        });
        Optional<ArtifactView> artifact = artifact(path + ".artifact", request.artifact(), ArtifactKind.MODEL);
        Optional<InspectionView> inspection = artifact.flatMap(ArtifactView::inspection);
        artifact.ifPresent(found -> variant.setTarget(Target.newBuilder()
                .setSha256(found.sha256().toBytes())
                .setSize(found.size())
                .setFormat(inspection.map(InspectionView::format).orElse(ModelFormat.MODEL_FORMAT_UNSPECIFIED))));
        variant.setCompatibility(compatibility(path, request, inspection));
        quantization(path + ".precision", request.precision()).ifPresent(variant::setQuantization);
        if (request.selfTest() != null) {
            variant.setSelfTest(selfTest(path + ".selfTest", request.selfTest(), inspection));
        }
        if (request.budgets() != null) {
            variant.setBudgets(budgets(path + ".budgets", request.budgets()));
        }
        if (request.pipeline() != null) {
            variant.setPipeline(PipelineCheck.check(path + ".pipeline", request.pipeline(), inspection, violations));
        }
        return variant.build();
    }

    private Optional<ArtifactView> artifact(String path, @Nullable String hex, ArtifactKind kind) {
        Optional<Digest> digest = violations.required(path, hex).flatMap(text -> digest(path, text));
        if (digest.isEmpty()) {
            return Optional.empty();
        }
        Optional<ArtifactView> found = stored.findArtifact(digest.get());
        if (found.isEmpty()) {
            violations.add(path, "must be an artifact that has been uploaded", hex);
            return Optional.empty();
        }
        if (found.get().kind() != kind) {
            violations.add(
                    path, "must be of kind " + kind + ", it is " + found.get().kind(), hex);
            return Optional.empty();
        }
        return found;
    }

    private Optional<Digest> digest(String path, String hex) {
        try {
            return Optional.of(Digest.parse(hex));
        } catch (IllegalArgumentException e) {
            violations.add(path, "must be a SHA-256 in hexadecimal", hex);
            return Optional.empty();
        }
    }

    private Compatibility compatibility(String path, VariantRequest request, Optional<InspectionView> inspection) {
        Compatibility.Builder compatibility = Compatibility.newBuilder();
        violations.required(path + ".runtime", request.runtime()).ifPresent(name -> {
            Optional<ModelFormat> format = formatOf(name);
            if (format.isEmpty()) {
                violations.add(path + ".runtime", "must be onnxruntime, tflite or llama", name);
            } else if (inspection.isPresent() && inspection.get().format() != format.get()) {
                violations.add(
                        path + ".runtime",
                        "runs " + format.get() + ", the artifact is "
                                + inspection.get().format(),
                        name);
            }
            compatibility.setRuntime(name);
        });
        if (request.minRuntime() != null) {
            if (!RUNTIME_VERSION.matcher(request.minRuntime()).matches()) {
                violations.add(path + ".minRuntime", "must be a version such as 1.17", request.minRuntime());
            }
            compatibility.setMinRuntime(request.minRuntime());
        }
        List<String> abis = request.abi() == null ? List.of() : request.abi();
        if (abis.size() > MAX_ABIS) {
            violations.add(path + ".abi", "must hold at most " + MAX_ABIS, abis.size());
        }
        for (int i = 0; i < Math.min(abis.size(), MAX_ABIS); i++) {
            String abi = abis.get(i);
            if (abi == null || !ABI.matcher(abi).matches()) {
                violations.add(path + ".abi[" + i + "]", "must be such as linux-x86_64-glibc", abi);
            } else {
                compatibility.addAbi(abi);
            }
        }
        addAccelerators(path + ".accelerators", request.accelerators(), compatibility);
        if (request.flashBytes() != null) {
            compatibility.setFlashBytes(violations.whole(path + ".flashBytes", request.flashBytes(), 0, MAX_BYTES));
        }
        if (request.ramPeakBytes() != null) {
            compatibility.setRamPeakBytes(
                    violations.whole(path + ".ramPeakBytes", request.ramPeakBytes(), 0, MAX_BYTES));
        }
        inspection.ifPresent(found -> {
            compatibility.setOpset(found.opset());
            found.inputs().forEach(tensor -> compatibility.addInputs(tensor.toSpec()));
            found.outputs().forEach(tensor -> compatibility.addOutputs(tensor.toSpec()));
        });
        return compatibility.build();
    }

    private void addAccelerators(
            String path, @Nullable List<String> accelerators, Compatibility.Builder compatibility) {
        List<String> wanted = accelerators == null ? List.of() : accelerators;
        if (wanted.size() > MAX_ACCELERATORS) {
            violations.add(path, "must hold at most " + MAX_ACCELERATORS, wanted.size());
        }
        for (int i = 0; i < Math.min(wanted.size(), MAX_ACCELERATORS); i++) {
            String accelerator = wanted.get(i);
            if (accelerator == null || !ACCELERATOR.matcher(accelerator).matches()) {
                violations.add(path + "[" + i + "]", "must be a word such as cuda", accelerator);
            } else {
                compatibility.addAccelerators(accelerator);
            }
        }
    }

    private static Optional<ModelFormat> formatOf(String runtime) {
        return switch (runtime) {
            case "onnxruntime" -> Optional.of(ModelFormat.ONNX);
            case "tflite" -> Optional.of(ModelFormat.TFLITE);
            case "llama" -> Optional.of(ModelFormat.GGUF);
            default -> Optional.empty();
        };
    }

    private Optional<Quantization> quantization(String path, @Nullable String precision) {
        if (precision == null) {
            return Optional.empty();
        }
        Optional<Quantization> known = Precision.toQuantization(precision);
        if (known.isEmpty()) {
            violations.add(path, "must be one of " + Precision.words(), precision);
        }
        return known;
    }

    private SelfTest selfTest(String path, SelfTestRequest request, Optional<InspectionView> inspection) {
        SelfTest.Builder selfTest = SelfTest.newBuilder()
                .setAbsoluteTolerance(
                        violations.number(path + ".absoluteTolerance", request.absoluteTolerance(), 0, 1e6))
                .setRelativeTolerance(
                        violations.number(path + ".relativeTolerance", request.relativeTolerance(), 0, 1));
        Optional<ArtifactView> found = artifact(path + ".vectors", request.vectors(), ArtifactKind.SELF_TEST);
        found.ifPresent(artifact -> {
            selfTest.setVectorsSha256(artifact.sha256().toBytes()).setVectorsSize(artifact.size());
            inspection
                    .flatMap(model -> SelfTests.misfit(stored.getVectors(artifact), model))
                    .ifPresent(misfit -> violations.add(
                            path + ".vectors",
                            "must fit the artifact's inputs and outputs: " + misfit,
                            request.vectors()));
        });
        return selfTest.build();
    }

    private Budgets budgets(String path, BudgetsRequest request) {
        Budgets.Builder budgets = Budgets.newBuilder();
        if (request.p95Millis() != null) {
            budgets.setP95Millis(violations.number(path + ".p95Millis", request.p95Millis(), 0, MAX_BUDGET));
        }
        if (request.energyMillijoules() != null) {
            budgets.setEnergyMillijoules(
                    violations.number(path + ".energyMillijoules", request.energyMillijoules(), 0, MAX_BUDGET));
        }
        if (request.ramBytes() != null) {
            budgets.setRamBytes(violations.whole(path + ".ramBytes", request.ramBytes(), 0, MAX_BYTES));
        }
        return budgets.build();
    }
}
