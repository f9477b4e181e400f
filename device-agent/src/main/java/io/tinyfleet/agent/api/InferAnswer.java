package io.tinyfleet.agent.api;

import io.tinyfleet.agent.enrol.Json;
import io.tinyfleet.agent.runtime.Tensor;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Writes the answer to an inference request: JSON, then the outputs that were asked for as binary. */
final class InferAnswer {

    private static final int CHARS_A_NUMBER = 12;

    private InferAnswer() {}

    /** @param version whose answer this is: an application sees a swap by it */
    static HttpAnswer of(String slot, String version, InferRequest request, List<Tensor> outputs) throws HttpRefusal {
        StringBuilder json = new StringBuilder(256);
        json.append("{\"model_name\":").append(Json.quote(slot));
        json.append(",\"model_version\":").append(Json.quote(version));
        if (request.id() != null) {
            json.append(",\"id\":").append(Json.quote(request.id()));
        }
        json.append(",\"outputs\":[");
        List<ByteBuffer> parts = new ArrayList<>();
        boolean first = true;
        for (Tensor output : outputs) {
            if (!request.outputs().isEmpty() && !request.outputs().containsKey(output.name())) {
                continue;
            }
            json.append(first ? "" : ",");
            first = false;
            describe(output, json);
            if (request.isBinary(output.name())) {
                json.append(",\"parameters\":{\"binary_data_size\":")
                        .append(output.bytes())
                        .append("}}");
                parts.add(output.data());
            } else {
                data(output, json);
            }
        }
        byte[] text = json.append("]}").toString().getBytes(StandardCharsets.UTF_8);
        if (parts.isEmpty()) {
            return new HttpAnswer(200, Map.of("Content-Type", "application/json"), List.of(ByteBuffer.wrap(text)));
        }
        parts.add(0, ByteBuffer.wrap(text));
        Map<String, String> headers = Map.of(
                "Content-Type",
                "application/octet-stream",
                "Inference-Header-Content-Length",
                String.valueOf(text.length));
        return new HttpAnswer(200, headers, parts);
    }

    private static void describe(Tensor output, StringBuilder json) {
        json.append("{\"name\":")
                .append(Json.quote(output.name()))
                .append(",\"shape\":")
                .append(Arrays.toString(output.shape()))
                .append(",\"datatype\":\"")
                .append(Datatype.nameOf(output.type()))
                .append('"');
    }

    private static void data(Tensor output, StringBuilder json) throws HttpRefusal {
        Datatype datatype = Datatype.find(output.type())
                .filter(type -> !type.isBinaryOnly())
                .orElseThrow(() -> asBinary(output, "JSON has no " + Datatype.nameOf(output.type())));
        ByteBuffer data = output.data();
        json.ensureCapacity(json.length() + data.remaining() / datatype.bytes() * CHARS_A_NUMBER);
        json.append(",\"data\":[");
        for (boolean first = true; data.hasRemaining(); first = false) {
            json.append(first ? "" : ",");
            if (!datatype.write(data, json)) {
                throw asBinary(output, "it holds a value that is not a number, which JSON does not have");
            }
        }
        json.append("]}");
    }

    private static HttpRefusal asBinary(Tensor output, String why) {
        return new HttpRefusal(400, "output '" + output.name() + "': " + why + "; ask for it as binary");
    }
}
