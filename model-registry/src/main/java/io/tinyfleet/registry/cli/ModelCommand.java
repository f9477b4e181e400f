package io.tinyfleet.registry.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "model",
        description = "Name models, list them, write their cards and tags.",
        subcommands = {
            ModelCommand.Create.class,
            ModelCommand.Show.class,
            ModelCommand.Card.class,
            ModelCommand.Tag.class
        })
final class ModelCommand {
    private ModelCommand() {}

    static String path(String model) {
        return "/api/v1/models/" + Server.step(model);
    }

    /** The texts of a JSON list, joined. */
    static String joined(JsonNode list) {
        return StreamSupport.stream(list.spliterator(), false)
                .map(JsonNode::asText)
                .collect(Collectors.joining(", "));
    }

    @Command(name = "create", description = "Name a new model.")
    static final class Create extends ServerCommand {
        @Parameters(paramLabel = "MODEL", description = "Small letters, digits and hyphens.")
        private String model;

        @Option(names = "--licence", required = true, description = "An SPDX expression, such as Apache-2.0.")
        private String licence;

        @Option(names = "--task", description = "What it does, such as \"voice activity detection\".")
        private @Nullable String task;

        @Option(names = "--description", description = "A few sentences.")
        private @Nullable String description;

        @Option(names = "--if-absent", description = "Do nothing when the model exists.")
        private boolean ifAbsent;

        @Override
        public Integer call() throws IOException {
            if (ifAbsent && server.exists(path(model) + "/releases")) {
                answer.say(JsonNodeFactory.instance.objectNode().put("name", model), List.of(model));
                return Tinyfleet.DONE;
            }
            JsonNode created = create(server, model, licence, task, description);
            answer.say(created, List.of(created.path("name").asText()));
            return Tinyfleet.DONE;
        }

        static JsonNode create(
                Server server, String model, String licence, @Nullable String task, @Nullable String description)
                throws IOException {
            ObjectNode request = JsonNodeFactory.instance.objectNode();
            request.put("name", model).put("licence", licence);
            if (task != null) {
                request.put("task", task);
            }
            if (description != null) {
                request.put("description", description);
            }
            return server.post("/api/v1/models", request);
        }
    }

    @Command(name = "list", description = "List the models with their releases.")
    static final class Show extends ServerCommand {
        @Override
        public Integer call() throws IOException {
            JsonNode models = server.get("/api/v1/models");
            List<String> lines = new ArrayList<>();
            for (JsonNode model : models.path("items")) {
                lines.add(model.path("name").asText() + "  "
                        + model.path("licence").asText() + "  " + joined(model.path("tags")));
                for (JsonNode release : model.path("releases")) {
                    lines.add("  " + release.path("version").asText() + "  " + joined(release.path("aliases"))
                            + (release.path("withdrawn").asBoolean() ? "  withdrawn" : ""));
                }
            }
            answer.say(models, lines);
            return Tinyfleet.DONE;
        }
    }

    @Command(name = "card", description = "Print the model card, or write it from a Markdown file.")
    static final class Card extends ServerCommand {
        @Parameters(index = "0", paramLabel = "MODEL", description = "The model.")
        private String model;

        @Parameters(index = "1", arity = "0..1", paramLabel = "FILE", description = "A Markdown file.")
        private @Nullable Path file;

        @Override
        public Integer call() throws IOException {
            if (file != null) {
                server.putText(path(model) + "/card", "text/markdown", Files.readString(file, StandardCharsets.UTF_8));
                answer.say(JsonNodeFactory.instance.objectNode().put("model", model), List.of("card written"));
                return Tinyfleet.DONE;
            }
            String card = server.findText(path(model) + "/card")
                    .orElseThrow(() -> new Refused("the model " + model + " has no card, or does not exist"));
            answer.say(JsonNodeFactory.instance.objectNode().put("card", card), List.of(card));
            return Tinyfleet.DONE;
        }
    }

    @Command(name = "tag", description = "Replace the tags of a model.")
    static final class Tag extends ServerCommand {
        @Parameters(index = "0", paramLabel = "MODEL", description = "The model.")
        private String model;

        @Parameters(
                index = "1..*",
                arity = "0..*",
                paramLabel = "TAG",
                description = "All its tags; none removes them.")
        private List<String> tags = List.of();

        @Override
        public Integer call() throws IOException {
            ObjectNode request = JsonNodeFactory.instance.objectNode();
            tags.forEach(request.putArray("tags")::add);
            server.put(path(model) + "/tags", request);
            answer.say(request, List.of(String.join(" ", tags)));
            return Tinyfleet.DONE;
        }
    }
}
