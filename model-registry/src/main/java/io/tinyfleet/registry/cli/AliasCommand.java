package io.tinyfleet.registry.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "alias",
        description = "Free names that point to a version, such as champion.",
        subcommands = {AliasCommand.Listing.class, AliasCommand.Set.class, AliasCommand.Remove.class})
final class AliasCommand {
    private AliasCommand() {}

    private static String path(String model) {
        return ModelCommand.path(model) + "/aliases";
    }

    private static String line(JsonNode alias) {
        return alias.path("alias").asText() + "  " + alias.path("version").asText() + "  revision "
                + alias.path("revision").asText();
    }

    @Command(name = "list", description = "List a model's aliases.")
    static final class Listing extends ServerCommand {
        @Parameters(paramLabel = "MODEL", description = "The model.")
        private String model;

        @Override
        public Integer call() throws IOException {
            JsonNode aliases = server.get(path(model));
            List<String> lines = new ArrayList<>();
            aliases.path("items").forEach(alias -> lines.add(line(alias)));
            answer.say(aliases, lines);
            return Tinyfleet.DONE;
        }
    }

    @Command(name = "set", description = "Point an alias to a version.")
    static final class Set extends ServerCommand {
        @Parameters(index = "0", paramLabel = "MODEL", description = "The model.")
        private String model;

        @Parameters(index = "1", paramLabel = "ALIAS", description = "The alias, made if need be.")
        private String alias;

        @Parameters(index = "2", paramLabel = "VERSION", description = "The version.")
        private String version;

        @Option(
                names = "--revision",
                description = "Only if the alias is at this revision still (0: does not exist yet).")
        private Optional<Long> revision = Optional.empty();

        @Override
        public Integer call() throws IOException {
            ObjectNode request = JsonNodeFactory.instance.objectNode().put("version", version);
            revision.ifPresent(seen -> request.put("revision", seen));
            JsonNode moved = server.put(path(model) + "/" + Server.step(alias), request);
            answer.say(moved, List.of(line(moved)));
            return Tinyfleet.DONE;
        }
    }

    @Command(name = "remove", description = "Remove an alias.")
    static final class Remove extends ServerCommand {
        @Parameters(index = "0", paramLabel = "MODEL", description = "The model.")
        private String model;

        @Parameters(index = "1", paramLabel = "ALIAS", description = "The alias.")
        private String alias;

        @Override
        public Integer call() throws IOException {
            server.delete(path(model) + "/" + Server.step(alias));
            answer.say(JsonNodeFactory.instance.objectNode().put("alias", alias), List.of(alias + " is removed"));
            return Tinyfleet.DONE;
        }
    }
}
