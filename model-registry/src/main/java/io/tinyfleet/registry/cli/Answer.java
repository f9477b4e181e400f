package io.tinyfleet.registry.cli;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.PrintWriter;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * How a command answers: lines for a person, or with {@code --json} one JSON document for a program. Mix it into a
 * command and call {@link #say} once. Absent values are left out of the JSON.
 */
public final class Answer {
    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(SerializationFeature.INDENT_OUTPUT)
            .defaultPropertyInclusion(
                    JsonInclude.Value.construct(JsonInclude.Include.NON_ABSENT, JsonInclude.Include.NON_ABSENT))
            .build();

    @Option(names = "--json", description = "Answer with one JSON document on standard output.")
    private boolean json;

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    /**
     * @param document what a program reads: a record, a map or a JSON tree
     * @param lines what a person reads
     */
    public void say(Object document, List<String> lines) {
        PrintWriter out = command.commandLine().getOut();
        if (json) {
            out.println(toJson(document));
        } else {
            lines.forEach(out::println);
        }
        out.flush();
    }

    private static String toJson(Object document) {
        try {
            return JSON.writeValueAsString(document);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("the answer cannot be written as JSON: " + document.getClass(), e);
        }
    }
}
