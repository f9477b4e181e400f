package io.tinyfleet.e2e.arm64;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tinyfleet.agent.board.SysRoot;
import io.tinyfleet.agent.runtime.InferenceException;
import io.tinyfleet.agent.runtime.ModelFile;
import io.tinyfleet.agent.runtime.ProcessModelHost;
import io.tinyfleet.agent.runtime.RunningModel;
import io.tinyfleet.agent.runtime.Tensor;
import io.tinyfleet.agent.runtime.WorkerException;
import io.tinyfleet.agent.runtime.WorkerSettings;
import io.tinyfleet.e2e.process.FleetApi;
import io.tinyfleet.e2e.process.Installation;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.v1.ElementType;
import io.tinyfleet.protocol.v1.ModelFormat;
import io.tinyfleet.protocol.v1.SelfTestVector;
import io.tinyfleet.protocol.v1.SelfTestVectors;
import io.tinyfleet.protocol.v1.Target;
import io.tinyfleet.protocol.v1.Variant;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** The two models of the story: what they are asked, and the face detector's release with what this machine answers. */
final class FaceAndVoice {
    private static final String MODEL = "face-detection";
    private static final String FILE = "face_detection_short_range.tflite";
    private static final int SIDE = 128;
    private static final int FRAME = 576;
    private static final int STATE = 2 * 128;
    private static final Duration DEADLINE = Duration.ofSeconds(20);

    private final FleetApi api;
    private final Path file;
    private final Path recorder;

    FaceAndVoice(FleetApi api, Installation installation, Path recorder) {
        this.api = api;
        this.file = installation.model(FILE);
        this.recorder = recorder;
    }

    /** Between -1 and 1 in steps of 1/32, which both sides read the same. */
    private static float pixel(int at) {
        return (at * 7 % 64 - 32) / 32f;
    }

    static JsonNode facesRequest() {
        ObjectNode request = FleetApi.object();
        ArrayNode data = tensor(request.putArray("inputs"), "input", "FP32", 1, SIDE, SIDE, 3);
        for (int at = 0; at < SIDE * SIDE * 3; at++) {
            data.add(pixel(at));
        }
        return request;
    }

    /** A tone in a frame, with an empty state. */
    static JsonNode voiceRequest() {
        ObjectNode request = FleetApi.object();
        ArrayNode inputs = request.putArray("inputs");
        ArrayNode sound = tensor(inputs, "input", "FP32", 1, FRAME);
        for (int at = 0; at < FRAME; at++) {
            sound.add(pixel(at) / 4);
        }
        ArrayNode state = tensor(inputs, "state", "FP32", 2, 1, 128);
        for (int at = 0; at < STATE; at++) {
            state.add(pixel(at) / 8);
        }
        ObjectNode rate = inputs.addObject();
        rate.put("name", "sr");
        rate.putArray("shape");
        rate.put("datatype", "INT64");
        rate.putArray("data").add(16_000);
        return request;
    }

    private static ArrayNode tensor(ArrayNode inputs, String name, String type, int... shape) {
        ObjectNode tensor = inputs.addObject();
        tensor.put("name", name);
        ArrayNode sizes = tensor.putArray("shape");
        for (int size : shape) {
            sizes.add(size);
        }
        tensor.put("datatype", type);
        return tensor.putArray("data");
    }

    /** Makes a release whose self-test was recorded on this machine; answers its id. */
    String publishFaces(String version, List<String> abis) throws IOException {
        if (api.find("/api/v1/models/" + MODEL + "/releases").isEmpty()) {
            ObjectNode model = FleetApi.object();
            model.put("name", MODEL);
            model.put("task", "face detection");
            model.put("licence", "Apache-2.0");
            api.post("/api/v1/models", model);
        }
        String artifact = api.upload("/api/v1/artifacts?name=" + FILE, file)
                .path("sha256")
                .asText();
        String vectors = api.upload("/api/v1/artifacts?kind=self-test", recorded())
                .path("sha256")
                .asText();
        ObjectNode body = FleetApi.object();
        body.put("version", version);
        body.put("licence", "Apache-2.0");
        ObjectNode variant = body.putArray("variants").addObject();
        variant.put("name", "tflite-fp16");
        variant.put("artifact", artifact);
        variant.put("runtime", "tflite");
        variant.put("precision", "fp16");
        abis.forEach(variant.putArray("abi")::add);
        // The emulator's own memory counts as the worker's.
        variant.put("ramPeakBytes", 400L << 20);
        ObjectNode test = variant.putObject("selfTest");
        test.put("vectors", vectors);
        test.put("absoluteTolerance", 1e-3);
        test.put("relativeTolerance", 1e-3);
        return api.post("/api/v1/models/" + MODEL + "/releases", body)
                .path("id")
                .asText();
    }

    private byte[] recorded() throws IOException {
        Tensor image = Tensor.zeros("input", ElementType.FLOAT32, 1, SIDE, SIDE, 3);
        for (int at = 0; at < SIDE * SIDE * 3; at++) {
            image.setFloat(at, pixel(at));
        }
        Variant variant = Variant.newBuilder()
                .setName("recorded")
                .setTarget(Target.newBuilder().setFormat(ModelFormat.TFLITE).setSize(Files.size(file)))
                .build();
        try (ProcessModelHost host = ProcessModelHost.at(recorder, WorkerSettings.DEFAULT, SysRoot.MACHINE);
                RunningModel running = host.start(new ModelFile(file, Digest.ofFile(file), variant))) {
            SelfTestVector.Builder vector = SelfTestVector.newBuilder().addInputs(image.toProto());
            for (Tensor output : running.infer(List.of(image), DEADLINE)) {
                vector.addOutputs(output.toProto());
            }
            return SelfTestVectors.newBuilder().addVectors(vector).build().toByteArray();
        } catch (WorkerException | InferenceException refused) {
            throw new IOException("no answers to record: " + refused.getMessage(), refused);
        }
    }
}
