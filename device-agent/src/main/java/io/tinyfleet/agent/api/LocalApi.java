package io.tinyfleet.agent.api;

import io.tinyfleet.agent.enrol.Json;
import io.tinyfleet.agent.reconcile.Installed;
import io.tinyfleet.agent.runtime.InferenceException;
import io.tinyfleet.agent.runtime.Tensor;
import io.tinyfleet.agent.serve.SlotHealth;
import io.tinyfleet.agent.serve.SlotServer;
import io.tinyfleet.agent.serve.TakenModel;
import io.tinyfleet.protocol.SlotName;
import io.tinyfleet.protocol.v1.Compatibility;
import io.tinyfleet.protocol.v1.ModelFormat;
import io.tinyfleet.protocol.v1.TensorSpec;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The Open Inference Protocol, version 2, where a slot is a model and a release's version is the model's version: an
 * application names its slot once and sees by each answer which release gave it.
 */
public final class LocalApi implements AutoCloseable {

    private static final Pattern MODEL = Pattern.compile("/v2/models/([^/]+)(?:/versions/([^/]+))?(?:/(ready|infer))?");
    private static final Pattern LOOPBACK = Pattern.compile("(127\\.0\\.0\\.1|localhost|\\[::1])(:[0-9]{1,5})?");

    /** How long a request waits while one model ends before the next one fits into memory. */
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private static final Duration INFERENCE_DEADLINE = Duration.ofSeconds(5);

    private final Map<SlotName, SlotServer> slots;
    private final String agentVersion;
    private final Duration patience;
    private final Duration deadline;
    private @Nullable LocalHttpServer server;

    LocalApi(Map<SlotName, SlotServer> slots, String agentVersion, Duration patience, Duration deadline) {
        this.slots = new TreeMap<>(slots);
        this.agentVersion = agentVersion;
        this.patience = patience;
        this.deadline = deadline;
    }

    /**
     * Listens on 127.0.0.1. The slots stay their owner's.
     *
     * @param port 0 for any free one
     */
    public static LocalApi start(int port, Map<SlotName, SlotServer> slots, String agentVersion) throws IOException {
        return new LocalApi(slots, agentVersion, PATIENCE, INFERENCE_DEADLINE).listen(port, HttpLimits.DEFAULT);
    }

    LocalApi listen(int port, HttpLimits limits) throws IOException {
        server = LocalHttpServer.start(port, limits, this::answer);
        return this;
    }

    public int port() {
        return server == null ? 0 : server.port();
    }

    @Override
    public void close() {
        if (server != null) {
            server.close();
        }
    }

    private HttpAnswer answer(HttpRequest request) {
        try {
            requireLocal(request);
            return route(request);
        } catch (HttpRefusal e) {
            return HttpAnswer.error(e.status(), e.sentence());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return HttpAnswer.error(503, "the agent is stopping");
        }
    }

    /** A web page that is open in a browser on this device must not ask through it. */
    private static void requireLocal(HttpRequest request) throws HttpRefusal {
        String host = request.findHeader("Host").orElse("");
        if (!LOOPBACK.matcher(host).matches()) {
            throw new HttpRefusal(403, "the Host header must be 127.0.0.1 or localhost, got '" + host + "'");
        }
        if (request.findHeader("Origin").isPresent()) {
            throw new HttpRefusal(403, "web pages are not answered here");
        }
    }

    private HttpAnswer route(HttpRequest request) throws HttpRefusal, InterruptedException {
        switch (request.path()) {
            case "/v2" -> {
                requireMethod(request, "GET");
                return HttpAnswer.json(
                        200,
                        "{\"name\":\"tinyfleet-agent\",\"version\":" + Json.quote(agentVersion)
                                + ",\"extensions\":[\"binary_tensor_data\"]}");
            }
            case "/v2/health/live" -> {
                requireMethod(request, "GET");
                return HttpAnswer.json(200, "{\"live\":true}");
            }
            case "/v2/health/ready" -> {
                requireMethod(request, "GET");
                return serverReady();
            }
            default -> {
                return model(request);
            }
        }
    }

    private HttpAnswer serverReady() {
        boolean ready = slots.values().stream().allMatch(LocalApi::isReady);
        // The protocol's text calls the field "live", its implementations call it "ready".
        return HttpAnswer.json(ready ? 200 : 503, "{\"live\":true,\"ready\":" + ready + "}");
    }

    private static boolean isReady(SlotServer slot) {
        SlotHealth.State state = slot.health().state();
        return state != SlotHealth.State.EMPTY && state != SlotHealth.State.WORKER_GONE;
    }

    private HttpAnswer model(HttpRequest request) throws HttpRefusal, InterruptedException {
        Matcher path = MODEL.matcher(request.path());
        if (!path.matches()) {
            throw new HttpRefusal(404, "there is no " + request.path() + " in the Open Inference Protocol, version 2");
        }
        String name = path.group(1);
        SlotServer slot = findSlot(name)
                .orElseThrow(() -> new HttpRefusal(
                        404,
                        "there is no slot '" + name + "'; this device has "
                                + slots.keySet().stream().map(SlotName::value).collect(Collectors.joining(", "))));
        String version = path.group(2);
        String what = path.group(3) == null ? "" : path.group(3);
        requireMethod(request, what.equals("infer") ? "POST" : "GET");
        if (what.equals("ready")) {
            return modelReady(name, slot, version);
        }
        // The request is understood before the model is taken: a slow client holds no model.
        InferRequest infer = what.equals("infer") ? inferRequest(request) : null;
        try (TakenModel taken = slot.take(patience).orElseThrow(() -> noModel(name, slot))) {
            Installed installed = taken.model().installed();
            requireVersion(name, version, installed);
            return infer == null ? metadata(name, installed) : inferred(name, taken, infer);
        }
    }

    private Optional<SlotServer> findSlot(String name) {
        return slots.entrySet().stream()
                .filter(slot -> slot.getKey().value().equals(name))
                .map(Map.Entry::getValue)
                .findFirst();
    }

    private static HttpRefusal noModel(String name, SlotServer slot) {
        return new HttpRefusal(
                503,
                "no model answers in slot '" + name + "' yet"
                        + slot.health().trouble().map(reason -> ": " + reason).orElse(""));
    }

    private static void requireVersion(String name, @Nullable String version, Installed installed) throws HttpRefusal {
        if (version != null && !version.equals(installed.version())) {
            throw new HttpRefusal(
                    404, "slot '" + name + "' has version " + installed.version() + ", not '" + version + "'");
        }
    }

    private static void requireMethod(HttpRequest request, String method) throws HttpRefusal {
        boolean allowed = request.method().equals(method)
                || method.equals("GET") && request.method().equals("HEAD");
        if (!allowed) {
            throw new HttpRefusal(405, request.path() + " takes " + method + ", got " + request.method());
        }
    }

    private static HttpAnswer modelReady(String name, SlotServer slot, @Nullable String version)
            throws HttpRefusal, InterruptedException {
        boolean ready = isReady(slot);
        if (ready && version != null) {
            try (TakenModel taken = slot.take(Duration.ZERO).orElseThrow(() -> noModel(name, slot))) {
                requireVersion(name, version, taken.model().installed());
            }
        }
        return HttpAnswer.json(ready ? 200 : 503, "{\"name\":" + Json.quote(name) + ",\"ready\":" + ready + "}");
    }

    private static HttpAnswer metadata(String name, Installed installed) {
        Compatibility tensors = installed.variant().getCompatibility();
        return HttpAnswer.json(
                200,
                "{\"name\":" + Json.quote(name) + ",\"versions\":[" + Json.quote(installed.version())
                        + "],\"platform\":\"" + platform(installed) + "\",\"inputs\":"
                        + tensors(tensors.getInputsList())
                        + ",\"outputs\":" + tensors(tensors.getOutputsList()) + "}");
    }

    private static String platform(Installed installed) {
        ModelFormat format = installed.variant().getTarget().getFormat();
        return switch (format) {
            case ONNX -> "onnx_onnxv1";
            case TFLITE -> "tensorflow_tflite";
            case GGUF, MODEL_FORMAT_UNSPECIFIED, UNRECOGNIZED ->
                "other_" + format.name().toLowerCase(Locale.ROOT);
        };
    }

    private static String tensors(List<TensorSpec> specs) {
        return specs.stream()
                .map(spec -> "{\"name\":" + Json.quote(spec.getName()) + ",\"datatype\":\""
                        + Datatype.nameOf(spec.getType()) + "\",\"shape\":" + spec.getShapeList() + "}")
                .collect(Collectors.joining(",", "[", "]"));
    }

    // ---- inference

    private static InferRequest inferRequest(HttpRequest request) throws HttpRefusal {
        int bytes = request.body().length;
        Optional<String> header = request.findHeader("Inference-Header-Content-Length");
        if (header.isEmpty()) {
            return InferRequest.parse(request.body(), bytes);
        }
        String stated = header.get();
        if (!stated.matches("[0-9]{1,9}") || Integer.parseInt(stated) > bytes) {
            throw new HttpRefusal(
                    400,
                    "Inference-Header-Content-Length is how many of the body's " + bytes + " bytes are JSON, got '"
                            + stated + "'");
        }
        return InferRequest.parse(request.body(), Integer.parseInt(stated));
    }

    private HttpAnswer inferred(String name, TakenModel taken, InferRequest request) throws HttpRefusal {
        Compatibility tensors = taken.model().installed().variant().getCompatibility();
        Optional<String> misfit = request.findMisfit(tensors.getInputsList())
                .or(() -> request.findUnknownOutput(tensors.getOutputsList()));
        if (misfit.isPresent()) {
            throw new HttpRefusal(400, misfit.get());
        }
        try {
            List<Tensor> outputs = taken.infer(request.inputs(), deadline);
            return InferAnswer.of(name, taken.model().installed().version(), request, outputs);
        } catch (InferenceException e) {
            throw new HttpRefusal(status(e.reason()), "slot '" + name + "': " + e.getMessage());
        }
    }

    private static int status(InferenceException.Reason reason) {
        return switch (reason) {
            case BAD_INPUT -> 400;
            case TOO_LARGE -> 413;
            case MODEL_ERROR -> 500;
            case WORKER_GONE -> 503;
            case DEADLINE -> 504;
        };
    }
}
