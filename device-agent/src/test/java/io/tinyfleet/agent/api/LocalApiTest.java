package io.tinyfleet.agent.api;

import static io.tinyfleet.agent.api.OpenInferenceSchema.conforming;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.tinyfleet.agent.runtime.InferenceException;
import io.tinyfleet.agent.runtime.Tensor;
import io.tinyfleet.protocol.v1.ElementType;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The protocol over real sockets, with a model that doubles its input. */
class LocalApiTest {

    private static final String TWO = "{\"name\":\"x\",\"shape\":[1,2],\"datatype\":\"FP32\",\"data\":[1.5,-2]}";

    private final HttpClient client = HttpClient.newHttpClient();
    private final SlotFixture slot = new SlotFixture();
    private LocalApi api;

    @BeforeEach
    void start() throws Exception {
        api = new LocalApi(slot.slots(), "1.2.3", Duration.ofMillis(50), Duration.ofSeconds(2))
                .listen(0, HttpLimits.DEFAULT);
    }

    @AfterEach
    void stop() {
        api.close();
        slot.close();
    }

    // ---- what the protocol asks for

    @Test
    void the_server_says_what_it_is_and_that_it_lives() throws Exception {
        JsonNode server = conforming("server_metadata", get("/v2", 200));
        assertThat(server.get("version").asText()).isEqualTo("1.2.3");
        assertThat(server.get("extensions").get(0).asText()).isEqualTo("binary_tensor_data");
        assertThat(conforming("server_live", get("/v2/health/live", 200))
                        .get("live")
                        .asBoolean())
                .isTrue();
    }

    @Test
    void the_server_is_ready_once_every_slot_answers() throws Exception {
        assertThat(conforming("server_ready", get("/v2/health/ready", 503))
                        .get("ready")
                        .asBoolean())
                .isFalse();
        assertThat(conforming("model_ready", get("/v2/models/double/ready", 503))
                        .get("ready")
                        .asBoolean())
                .isFalse();
        slot.activate("1.0.0");
        assertThat(conforming("server_ready", get("/v2/health/ready", 200))
                        .get("ready")
                        .asBoolean())
                .isTrue();
        assertThat(conforming("model_ready", get("/v2/models/double/ready", 200))
                        .get("ready")
                        .asBoolean())
                .isTrue();
        get("/v2/models/double/versions/1.0.0/ready", 200);
        conforming("error", get("/v2/models/double/versions/9.0.0/ready", 404));
    }

    @Test
    void metadata_tells_the_tensors_of_the_release() throws Exception {
        slot.activate("1.0.0");
        for (String path : List.of("/v2/models/double", "/v2/models/double/versions/1.0.0")) {
            JsonNode model = conforming("model_metadata", get(path, 200));
            assertThat(model.get("name").asText()).isEqualTo("double");
            assertThat(model.get("versions").get(0).asText()).isEqualTo("1.0.0");
            assertThat(model.get("platform").asText()).isEqualTo("onnx_onnxv1");
            assertThat(model.get("inputs").toString())
                    .isEqualTo("[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[1,-1]}]");
            assertThat(model.get("outputs").get(0).get("name").asText()).isEqualTo("y");
        }
    }

    @Test
    void numbers_go_in_and_come_out_as_json_and_the_answer_names_the_release() throws Exception {
        slot.activate("1.0.0");
        String request = "{\"id\":\"42\",\"inputs\":[" + TWO + "],\"outputs\":[{\"name\":\"y\"}]}";
        conforming("inference_request", request);
        JsonNode answer = conforming("inference_response", post("/v2/models/double/infer", request, 200));
        assertThat(answer.toString())
                .isEqualTo("{\"model_name\":\"double\",\"model_version\":\"1.0.0\",\"id\":\"42\",\"outputs\":"
                        + "[{\"name\":\"y\",\"shape\":[1,2],\"datatype\":\"FP32\",\"data\":[3.0,-4.0]}]}");
        slot.activate("1.1.0");
        assertThat(conforming("inference_response", post("/v2/models/double/infer", request, 200))
                        .get("model_version")
                        .asText())
                .as("an application sees a swap")
                .isEqualTo("1.1.0");
        conforming("error", post("/v2/models/double/versions/1.0.0/infer", request, 404));
        post("/v2/models/double/versions/1.1.0/infer", request, 200);
    }

    @Test
    void nested_arrays_and_fields_nobody_knows_are_taken() throws Exception {
        slot.activate("1.0.0");
        String request =
                "{\"inputs\":[{\"data\":[[1,\n2e0]],\"datatype\":\"FP32\",\"shape\":[1,2],\"name\":\"\\u0078\","
                        + "\"parameters\":{\"content_type\":\"np\"}}],\"parameters\":{\"trace\":true},\"later\":[{}]}";
        conforming("inference_request", request);
        assertThat(post("/v2/models/double/infer", request, 200)).contains("\"data\":[2.0,4.0]");
    }

    @Test
    void tensors_go_in_and_come_out_as_bytes() throws Exception {
        slot.activate("1.0.0");
        String json = "{\"id\":\"b\",\"inputs\":[{\"name\":\"x\",\"shape\":[1,2],\"datatype\":\"FP32\","
                + "\"parameters\":{\"binary_data_size\":8}}],\"outputs\":[{\"name\":\"y\",\"parameters\":{\"binary_data\":true}}]}";
        conforming("inference_request", json);
        HttpResponse<byte[]> answer = binary(json, floats(1.5f, -2f), json.length());
        assertThat(answer.statusCode()).isEqualTo(200);
        int head = Integer.parseInt(
                answer.headers().firstValue("Inference-Header-Content-Length").orElseThrow());
        JsonNode text = conforming("inference_response", new String(answer.body(), 0, head, StandardCharsets.UTF_8));
        assertThat(text.get("outputs")
                        .get(0)
                        .get("parameters")
                        .get("binary_data_size")
                        .asInt())
                .isEqualTo(8);
        assertThat(Arrays.copyOfRange(answer.body(), head, answer.body().length))
                .isEqualTo(floats(3f, -4f));
        assertThat(answer.headers().firstValue("Content-Type")).contains("application/octet-stream");
    }

    @Test
    void one_word_asks_for_all_outputs_as_bytes() throws Exception {
        slot.activate("1.0.0");
        String json = "{\"inputs\":[" + TWO + "],\"parameters\":{\"binary_data_output\":true}}";
        HttpResponse<byte[]> answer = binary(json, new byte[0], json.length());
        assertThat(answer.headers().firstValue("Inference-Header-Content-Length"))
                .isPresent();
    }

    @Test
    void many_requests_share_a_connection() throws Exception {
        slot.activate("1.0.0");
        try (RawClient raw = new RawClient(api.port())) {
            String body = "{\"inputs\":[" + TWO + "]}";
            String one = "POST /v2/models/double/infer HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + body.length()
                    + "\r\n\r\n" + body;
            raw.send(one + one + one);
            for (int i = 0; i < 3; i++) {
                assertThat(raw.answer()).startsWith("HTTP/1.1 200 OK").endsWith("]}");
            }
        }
    }

    @Test
    void an_inference_is_recorded_like_any_other() throws Exception {
        slot.activate("1.0.0");
        post("/v2/models/double/infer", "{\"inputs\":[" + TWO + "]}", 200);
        slot.failure = InferenceException.Reason.MODEL_ERROR;
        post("/v2/models/double/infer", "{\"inputs\":[" + TWO + "]}", 500);
        slot.close();
        assertThat(slot.windows).singleElement().satisfies(window -> {
            assertThat(window.getOk()).isEqualTo(1);
            assertThat(window.getAskedByApplications()).isEqualTo(1);
            assertThat(window.getFailedMap()).containsExactly(java.util.Map.entry("model-error", 1L));
            assertThat(window.getLatencySketch().isEmpty()).isFalse();
        });
    }

    // ---- refusals

    @Test
    void a_slot_that_is_not_there_is_named_with_those_that_are() throws Exception {
        for (String path : List.of("/v2/models/other", "/v2/models/other/ready", "/v2/models/other/versions/1")) {
            assertThat(error(get(path, 404))).contains("no slot 'other'").contains("double");
        }
        assertThat(error(post("/v2/models/other/infer", "{}", 404))).contains("no slot 'other'");
        conforming("error", get("/v2/models", 404));
        conforming("error", get("/", 404));
        conforming("error", get("/v2/models/double/predict", 404));
    }

    @Test
    void a_slot_without_a_model_says_so() throws Exception {
        assertThat(error(post("/v2/models/double/infer", "{\"inputs\":[" + TWO + "]}", 503)))
                .contains("no model answers in slot 'double' yet");
        assertThat(error(get("/v2/models/double", 503))).contains("no model answers");
    }

    @Test
    void a_wrong_tensor_is_refused_with_what_is_expected() throws Exception {
        slot.activate("1.0.0");
        String takes = "the model takes 'x' FP32 [1, -1]";
        refused(TWO.replace("\"x\"", "\"z\""), "there is no input 'z'; " + takes);
        refused(TWO + "," + TWO, "input 'x' is given twice; " + takes);
        refused(TWO.replace("[1,2]", "[2]"), "input 'x' is FP32 [2]; " + takes);
        refused(TWO.replace("[1,2]", "[2,1]"), "input 'x' is FP32 [2, 1]; " + takes);
        refused(TWO.replace("FP32", "FP64"), "input 'x' is FP64 [1, 2]; " + takes);
        refused(TWO.replace("FP32", "STRING"), "datatype 'STRING' is not one of BOOL, UINT8");
        refused(TWO.replace("FP32", "FP16"), "FP16 can only be sent as binary");
        refused(TWO.replace("[1,2]", "[1,3]"), "input 'x' has 2 elements, its shape says 3");
        refused(TWO.replace("[1,2]", "[1,1]"), "input 'x' has more elements than its shape says");
        refused(TWO.replace("[1,2]", "[1,999999999]"), "over 2147483647 bytes");
        refused(TWO.replace("[1,2]", "[1,99999999]"), "fewer elements than its shape says");
        refused(TWO.replace("[1,2]", "[1,-2]"), "a dimension must be a whole number of at least 0, got -2");
        refused(TWO.replace("\"shape\":[1,2],", ""), "each input has a name, a shape and a datatype; 'x' lacks one");
        refused(TWO.replace(",\"data\":[1.5,-2]", ""), "input 'x' has neither data nor binary_data_size");
        refused(TWO.replace("1.5", "\"one\""), "a number is expected");
        refused(TWO.replace("1.5", "NaN"), "the JSON it should be");
        refused(TWO.replace("1.5", "01"), "a number is expected");
        refused(TWO.replace("[1.5,-2]", "7"), "the JSON it should be");
        refused("", "the request has no inputs");
    }

    @Test
    void an_output_that_the_model_does_not_have_is_refused() throws Exception {
        slot.activate("1.0.0");
        assertThat(error(post(
                        "/v2/models/double/infer", "{\"inputs\":[" + TWO + "],\"outputs\":[{\"name\":\"q\"}]}", 400)))
                .isEqualTo("there is no output 'q'; the model answers 'y' FP32 [1, -1]");
    }

    @Test
    void a_body_that_is_no_json_is_refused_with_the_place() throws Exception {
        slot.activate("1.0.0");
        for (String body : List.of(
                "",
                "null",
                "[]",
                "{",
                "{\"inputs\":",
                "{\"inputs\":[]}x",
                "{\"inputs\" 1}",
                "{\"a\":tru}",
                "{\"a\":\"\\x\"}")) {
            assertThat(error(post("/v2/models/double/infer", body, 400)))
                    .as(body)
                    .satisfiesAnyOf(
                            e -> assertThat(e).contains("not the JSON it should be"),
                            e -> assertThat(e).contains("no inputs"));
        }
        String deep = "{\"a\":" + "[".repeat(10_000) + "]".repeat(10_000) + "}";
        assertThat(error(post("/v2/models/double/infer", deep, 400))).contains("nested over 32 deep");
    }

    @Test
    void binary_data_of_another_size_than_stated_is_refused() throws Exception {
        slot.activate("1.0.0");
        String json = "{\"inputs\":[{\"name\":\"x\",\"shape\":[1,2],\"datatype\":\"FP32\","
                + "\"parameters\":{\"binary_data_size\":8}}]}";
        assertThat(text(binary(json, new byte[4], json.length())))
                .contains("states 8 bytes of binary data, 4 are there");
        assertThat(text(binary(json, new byte[12], json.length())))
                .contains("4 bytes stand after the last binary input");
        assertThat(text(binary(json.replace("8", "4"), new byte[4], json.length())))
                .contains("takes 8 bytes by its shape, binary_data_size is 4");
        assertThat(text(binary(json, new byte[8], json.length() + 99))).contains("Inference-Header-Content-Length");
    }

    @Test
    void what_json_cannot_say_is_to_be_asked_for_as_binary() throws Exception {
        slot.activate("1.0.0");
        slot.answer = Tensor.zeros("y", ElementType.FLOAT32, 1, 1);
        slot.answer.setFloat(0, Float.NaN);
        assertThat(error(post("/v2/models/double/infer", "{\"inputs\":[" + TWO + "]}", 400)))
                .isEqualTo("output 'y': it holds a value that is not a number, which JSON does not have;"
                        + " ask for it as binary");
    }

    @Test
    void each_way_to_fail_has_its_status() throws Exception {
        slot.activate("1.0.0");
        String body = "{\"inputs\":[" + TWO + "]}";
        slot.failure = InferenceException.Reason.BAD_INPUT;
        conforming("error", post("/v2/models/double/infer", body, 400));
        slot.failure = InferenceException.Reason.TOO_LARGE;
        conforming("error", post("/v2/models/double/infer", body, 413));
        slot.failure = InferenceException.Reason.DEADLINE;
        assertThat(error(post("/v2/models/double/infer", body, 504))).contains("made to fail");
        slot.failure = null;
        assertThat(error(post("/v2/models/double/infer", body, 503))).contains("no model answers in slot 'double'");
    }

    @Test
    void other_verbs_are_refused() throws Exception {
        slot.activate("1.0.0");
        assertThat(error(get("/v2/models/double/infer", 405))).contains("takes POST, got GET");
        assertThat(error(post("/v2/models/double", "{}", 405))).contains("takes GET, got POST");
    }

    @Test
    void a_web_page_cannot_ask_through_the_browser() throws Exception {
        slot.activate("1.0.0");
        try (RawClient raw = new RawClient(api.port())) {
            raw.send("GET /v2 HTTP/1.1\r\nHost: evil.example\r\n\r\n");
            assertThat(raw.answer()).startsWith("HTTP/1.1 403").contains("Host header");
            raw.send("GET /v2 HTTP/1.1\r\nHost: localhost:8090\r\nOrigin: https://evil.example\r\n\r\n");
            assertThat(raw.answer()).startsWith("HTTP/1.1 403").contains("web pages");
        }
    }

    @Test
    void a_port_that_is_taken_is_named() {
        assertThatThrownBy(() -> LocalApi.start(api.port(), slot.slots(), "1"))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("the local API cannot listen on 127.0.0.1:" + api.port());
    }

    // ---- the client

    private String get(String path, int status) throws Exception {
        HttpResponse<String> answer =
                client.send(HttpRequest.newBuilder(uri(path)).build(), HttpResponse.BodyHandlers.ofString());
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
        assertThat(answer.headers().firstValue("Content-Type")).contains("application/json");
        return answer.body();
    }

    private String post(String path, String body, int status) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(uri(path))
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
        return answer.body();
    }

    private void refused(String inputs, String sentence) throws Exception {
        assertThat(error(post("/v2/models/double/infer", "{\"inputs\":[" + inputs + "]}", 400)))
                .contains(sentence);
    }

    private HttpResponse<byte[]> binary(String json, byte[] data, int jsonBytes) throws Exception {
        byte[] text = json.getBytes(StandardCharsets.UTF_8);
        byte[] body = Arrays.copyOf(text, text.length + data.length);
        System.arraycopy(data, 0, body, text.length, data.length);
        HttpRequest request = HttpRequest.newBuilder(uri("/v2/models/double/infer"))
                .header("Inference-Header-Content-Length", String.valueOf(jsonBytes))
                .POST(HttpRequest.BodyPublishers.ofByteArray(body))
                .build();
        return client.send(request, HttpResponse.BodyHandlers.ofByteArray());
    }

    private static String text(HttpResponse<byte[]> answer) {
        assertThat(answer.statusCode()).isEqualTo(400);
        return error(new String(answer.body(), StandardCharsets.UTF_8));
    }

    private static String error(String body) {
        return conforming("error", body).get("error").asText();
    }

    private URI uri(String path) {
        return URI.create("http://127.0.0.1:" + api.port() + path);
    }

    private static byte[] floats(float... values) {
        ByteBuffer bytes = ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (float value : values) {
            bytes.putFloat(value);
        }
        return bytes.array();
    }
}
