package io.tinyfleet.registry.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "gc",
        description =
                "Remove stored bytes that nothing uses any more (role admin). Only tells of them unless --delete.")
final class CollectCommand extends ServerCommand {
    @Option(names = "--dry-run", description = "Only tell what would be removed; this is the default.")
    private boolean dryRun;

    @Option(names = "--delete", description = "Remove them.")
    private boolean delete;

    @Override
    public Integer call() throws IOException {
        if (dryRun && delete) {
            throw new Refused("--dry-run and --delete are opposites, give one of them");
        }
        JsonNode report =
                server.post("/api/v1/blobs/collection?dryRun=" + !delete, JsonNodeFactory.instance.objectNode());
        List<String> lines = new ArrayList<>();
        lines.add(report.path("blobs").asText() + " blobs, "
                + InspectCommand.megabytes(report.path("bytes").asLong()) + "; "
                + report.path("pinned").asText() + " old ones in use, "
                + report.path("young").asText() + " too young");
        lines.add((delete ? "removed " : "would remove ")
                + report.path("collected").asText() + ", "
                + InspectCommand.megabytes(report.path("collectedBytes").asLong()));
        report.path("named").forEach(digest -> lines.add("  " + digest.asText()));
        answer.say(report, lines);
        return Tinyfleet.DONE;
    }
}
