package io.tinyfleet.server.model;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.nullValue;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.security.TestSecurity;
import io.restassured.response.ValidatableResponse;
import io.tinyfleet.server.platform.DatabaseResource;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Pipelines with a declared result on their way into a signed release and back out. */
@QuarkusTest
@QuarkusTestResource(DatabaseResource.class)
@TestSecurity(
        user = "dana",
        roles = {"data", "viewer"})
class ReleasePipelineTest {
    private static final String ROWS = "\"rows\": {\"input\": \"x\", \"shape\": [1, 4], \"columns\": 2, \"rows\": 2,"
            + " \"newRows\": 1, \"type\": \"FLOAT32\", \"mean\": [0.5], \"deviation\": [2.0, 4.0]}";
    private static final String SCORE = "\"score\": {\"output\": \"y\", \"sigmoid\": true, \"threshold\": 0.7}";

    private String model = "";

    @BeforeEach
    void a_model_of_its_own() {
        model = "pipes-" + UUID.randomUUID();
        given().header("X-TinyFleet", "console")
                .contentType("application/json")
                .body("{\"name\":\"" + model + "\",\"task\":\"anything\",\"licence\":\"MIT\"}")
                .post("/api/v1/models")
                .then()
                .statusCode(201);
    }

    @Test
    void rows_and_a_score_are_signed_and_shown_as_they_were_asked_for() {
        publish("{" + ROWS + "," + SCORE + "}")
                .statusCode(201)
                .body("variants[0].pipeline.rows.columns", equalTo(2))
                .body("variants[0].pipeline.rows.deviation[1]", equalTo(4.0f))
                .body("variants[0].pipeline.rows.quantization", nullValue())
                .body("variants[0].pipeline.score.sigmoid", equalTo(true))
                .body("variants[0].pipeline.audioFrames", nullValue());
    }

    @Test
    void one_input_and_one_result_are_asked_for() {
        for (String pipeline : new String[] {
            "{}",
            "{" + SCORE + "}",
            "{" + ROWS + "," + SCORE + ",\"classes\":{\"output\":\"y\",\"top\":1,\"threshold\":0.5}}"
        }) {
            publish(pipeline)
                    .statusCode(422)
                    .body("violations.field", hasItem("variants[0].pipeline"))
                    .body("violations.rule", hasItem(containsString("one input")));
        }
        publish("{" + ROWS + "}")
                .statusCode(422)
                .body("violations.rule", hasItem("must have a result: classes, boxes or score"));
    }

    @Test
    void every_broken_rule_names_its_field_and_value() {
        String rows = ROWS.replace("\"columns\": 2", "\"columns\": 3").replace("FLOAT32", "INT8");
        publish("{" + rows + "," + SCORE + "}")
                .statusCode(422)
                .body("violations.field", hasItem("variants[0].pipeline.rows.shape"))
                .body("violations.field", hasItem("variants[0].pipeline.rows.deviation"))
                .body("violations.field", hasItem("variants[0].pipeline.rows.quantization"))
                .body("violations.rule", hasItem("must have 6 elements"));
    }

    @Test
    void the_tensors_must_be_those_of_the_model() {
        publish("{" + ROWS.replace("\"x\"", "\"z\"") + "," + SCORE.replace("\"y\"", "\"q\"") + "}")
                .statusCode(422)
                .body("violations.rule", hasItem("must be an input of the model"))
                .body("violations.rule", hasItem("must be an output of the model"));
        publish("{" + ROWS.replace("[1, 4]", "[4]") + "," + SCORE + "}")
                .statusCode(422)
                .body("violations.rule", hasItem("must be FLOAT32[4], the model has FLOAT32[1, 4]"));
        publish("{" + ROWS + ",\"score\":{\"output\":\"y\",\"threshold\":0.7,"
                        + "\"quantization\":{\"scale\":0.1,\"zeroPoint\":0}}}")
                .statusCode(422)
                .body("violations.rule", hasItem(containsString("must be an INT8 or UINT8 output")));
    }

    @Test
    void a_picture_must_fit_the_models_input() {
        String image = "\"image\": {\"input\": \"x\", \"width\": 2, \"height\": 2, \"fit\": \"LETTERBOX\","
                + " \"channels\": \"RGB\", \"layout\": \"NHWC\", \"type\": \"FLOAT32\", \"scale\": 0.0078125}";
        publish("{" + image + "," + SCORE + "}")
                .statusCode(422)
                .body("violations.rule", hasItem("must be FLOAT32[1, 2, 2, 3], the model has FLOAT32[1, 4]"));
    }

    private ValidatableResponse publish(String pipeline) {
        String artifact = given().header("X-TinyFleet", "console")
                .contentType("application/octet-stream")
                .body(OnnxFile.plain(model).bytes())
                .post("/api/v1/artifacts")
                .then()
                .extract()
                .path("sha256");
        String release = """
                {"version": "1.0.0", "licence": "MIT", "variants": [{
                  "name": "onnx-fp32", "artifact": "%s", "runtime": "onnxruntime", "precision": "fp32", "pipeline": %s
                }]}
                """.formatted(artifact, pipeline);
        return given().header("X-TinyFleet", "console")
                .contentType("application/json")
                .body(release)
                .post("/api/v1/models/" + model + "/releases")
                .then();
    }
}
