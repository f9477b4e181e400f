package io.tinyfleet.registry.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "release",
        description = "Make releases, look at them, withdraw them.",
        subcommands = {
            ReleaseCommand.Create.class,
            ReleaseCommand.Listing.class,
            ReleaseCommand.Show.class,
            ReleaseCommand.Profile.class,
            ExportCommand.class,
            ReleaseCommand.Withdraw.class,
            ReleaseCommand.Reinstate.class,
            ReleaseCommand.Remove.class
        })
final class ReleaseCommand {
    private ReleaseCommand() {}

    /** One release, by its version or by an alias that points to it. */
    static JsonNode find(Server server, String model, String version) throws IOException {
        return server.get(ModelCommand.path(model) + "/versions/" + Server.step(version));
    }

    private static String path(JsonNode release) {
        return "/api/v1/releases/" + Server.step(release.path("id").asText());
    }

    static List<String> lines(JsonNode release) {
        List<String> lines = new ArrayList<>();
        lines.add(release.path("model").asText() + " " + release.path("version").asText() + "  "
                + release.path("licence").asText() + "  "
                + release.path("id").asText()
                + (release.hasNonNull("withdrawn")
                        ? "  withdrawn: " + release.at("/withdrawn/reason").asText()
                        : ""));
        for (JsonNode variant : release.path("variants")) {
            lines.add("  " + variant.path("name").asText() + "  "
                    + variant.path("runtime").asText() + "  "
                    + variant.path("precision").asText("") + "  "
                    + InspectCommand.megabytes(variant.path("size").asLong()) + "  "
                    + variant.path("artifact").asText());
        }
        return lines;
    }

    @Command(name = "create", description = "Sign and publish an immutable release from a description in YAML.")
    static final class Create extends ServerCommand {
        @Parameters(index = "0", paramLabel = "MODEL", description = "The model.")
        private String model;

        @Parameters(index = "1", paramLabel = "FILE", description = "The description: docs/publish.md shows one.")
        private Path file;

        @Option(names = "--release-version", paramLabel = "VERSION", description = "Instead of the file's version.")
        private Optional<String> version = Optional.empty();

        @Override
        public Integer call() throws IOException {
            ObjectNode request = ReleaseFile.read(file);
            version.ifPresent(wanted -> request.put("version", wanted));
            Path folder = Optional.ofNullable(file.toAbsolutePath().getParent()).orElse(Path.of("."));
            ReleaseFile.upload(server, request, folder);
            JsonNode release = server.post(ModelCommand.path(model) + "/releases", request);
            answer.say(release, lines(release));
            return Tinyfleet.DONE;
        }
    }

    @Command(name = "list", description = "List a model's releases, the highest version first.")
    static final class Listing extends ServerCommand {
        @Parameters(paramLabel = "MODEL", description = "The model.")
        private String model;

        @Override
        public Integer call() throws IOException {
            JsonNode releases = server.get(ModelCommand.path(model) + "/releases?order=version");
            List<String> lines = new ArrayList<>();
            for (JsonNode release : releases.path("items")) {
                lines.add(release.path("version").asText() + "  "
                        + release.path("createdAt").asText() + "  "
                        + release.path("variants").size() + " variant(s)"
                        + (release.hasNonNull("withdrawn") ? "  withdrawn" : ""));
            }
            answer.say(releases, lines);
            return Tinyfleet.DONE;
        }
    }

    @Command(name = "show", description = "Show one release with its variants.")
    static final class Show extends ServerCommand {
        @Mixin
        private ReleaseName name;

        @Override
        public Integer call() throws IOException {
            JsonNode release = name.find(server);
            answer.say(release, lines(release));
            return Tinyfleet.DONE;
        }
    }

    @Command(name = "profile", description = "What each variant costs on each hardware class, as devices measured it.")
    static final class Profile extends ServerCommand {
        @Mixin
        private ReleaseName name;

        @Override
        public Integer call() throws IOException {
            ObjectNode all = JsonNodeFactory.instance.objectNode();
            List<String> lines = new ArrayList<>();
            for (JsonNode variant : name.find(server).path("variants")) {
                JsonNode profiles = server.get("/api/v1/telemetry/profiles?artifact="
                                + variant.path("artifact").asText())
                        .path("items");
                String variantName = variant.path("name").asText();
                all.set(variantName, profiles);
                if (profiles.isEmpty()) {
                    lines.add(variantName + "  no device has reported on it yet");
                }
                profiles.forEach(profile -> lines.add(variantName + "  " + line(profile)));
            }
            answer.say(all, lines);
            return Tinyfleet.DONE;
        }

        private static String line(JsonNode profile) {
            StringBuilder line = new StringBuilder(profile.path("hardwareClass").asText())
                    .append("  ")
                    .append(profile.path("inferences").asLong())
                    .append(" inferences  p95 ")
                    .append(number(profile.path("latencyP95Millis")))
                    .append(" ms  RAM ")
                    .append(InspectCommand.megabytes(
                            profile.path("rssPeakBytes").asLong()));
            for (JsonNode energy : profile.path("energy")) {
                line.append("  ")
                        .append(number(energy.path("millijoulesPerInference")))
                        .append(" mJ ")
                        .append(energy.path("label").asText().toLowerCase(Locale.ROOT));
            }
            return line.toString();
        }

        private static String number(JsonNode value) {
            return value.isMissingNode() ? "-" : String.format(Locale.ROOT, "%.3g", value.asDouble());
        }
    }

    @Command(name = "withdraw", description = "Offer a release no more; devices that run it go on.")
    static final class Withdraw extends ServerCommand {
        @Mixin
        private ReleaseName name;

        @Option(names = "--reason", required = true, description = "Why, for people.")
        private String reason;

        @Override
        public Integer call() throws IOException {
            JsonNode release = server.put(
                    path(name.find(server)) + "/withdrawal",
                    JsonNodeFactory.instance.objectNode().put("reason", reason));
            answer.say(release, lines(release));
            return Tinyfleet.DONE;
        }
    }

    @Command(name = "reinstate", description = "Offer a withdrawn release again.")
    static final class Reinstate extends ServerCommand {
        @Mixin
        private ReleaseName name;

        @Override
        public Integer call() throws IOException {
            server.delete(path(name.find(server)) + "/withdrawal");
            JsonNode release = name.find(server);
            answer.say(release, lines(release));
            return Tinyfleet.DONE;
        }
    }

    @Command(name = "remove", description = "Remove a release that was never offered to a device.")
    static final class Remove extends ServerCommand {
        @Mixin
        private ReleaseName name;

        @Override
        public Integer call() throws IOException {
            JsonNode release = name.find(server);
            server.delete(path(release));
            answer.say(
                    release,
                    List.of(name.model() + " " + release.path("version").asText() + " is removed"));
            return Tinyfleet.DONE;
        }
    }
}
