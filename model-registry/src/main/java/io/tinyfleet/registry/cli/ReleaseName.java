package io.tinyfleet.registry.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import picocli.CommandLine.Parameters;

/** The two words that name a release on the command line. */
final class ReleaseName {
    @Parameters(index = "0", paramLabel = "MODEL", description = "The model.")
    private String model;

    @Parameters(index = "1", paramLabel = "VERSION", description = "A version or an alias.")
    private String version;

    String model() {
        return model;
    }

    /** The release as the server has it. */
    JsonNode find(Server server) throws IOException {
        return ReleaseCommand.find(server, model, version);
    }
}
