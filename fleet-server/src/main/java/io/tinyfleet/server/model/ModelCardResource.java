package io.tinyfleet.server.model;

import io.smallrye.common.annotation.Blocking;
import io.tinyfleet.server.platform.Problem;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.eclipse.microprofile.openapi.annotations.Operation;

/** The model card: Markdown as it was written. Whoever shows it must treat it as text from outside. */
@Path("/api/v1/models/{name}/card")
@Blocking
public class ModelCardResource {
    private static final String MARKDOWN = "text/markdown";

    private final DescribeModel describe;

    ModelCardResource(DescribeModel describe) {
        this.describe = describe;
    }

    @GET
    @Produces(MARKDOWN)
    @RolesAllowed("viewer")
    @Operation(operationId = "getModelCard", summary = "The model card, Markdown as it was written")
    public String get(@PathParam("name") String name) {
        return describe.findCard(name).orElseThrow(() -> Problem.notFound("card of model", name));
    }

    @PUT
    @Consumes({MARKDOWN, "text/plain"})
    @RolesAllowed("data")
    @Operation(operationId = "setModelCard", summary = "Write the model card; an empty one removes it")
    public void set(@PathParam("name") String name, InputStream body) throws IOException {
        byte[] bytes = body.readNBytes(DescribeModel.MAX_CARD_BYTES + 1);
        if (bytes.length > DescribeModel.MAX_CARD_BYTES) {
            throw Problem.tooLarge("The card", DescribeModel.MAX_CARD_BYTES);
        }
        describe.setCard(name, utf8(bytes));
    }

    private static String utf8(byte[] bytes) {
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
            if (text.indexOf('\0') >= 0) {
                throw Problem.unprocessable("not-text", "The card holds a NUL character, which text does not have.");
            }
            return text;
        } catch (CharacterCodingException e) {
            throw Problem.unprocessable("not-text", "The card is not UTF-8 text.");
        }
    }
}
