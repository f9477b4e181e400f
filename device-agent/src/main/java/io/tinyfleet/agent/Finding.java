package io.tinyfleet.agent;

import io.tinyfleet.agent.enrol.Json;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * One thing that {@code doctor} has looked at.
 *
 * @param what one word, such as {@code clock}
 * @param found a sentence
 * @param todo a sentence; empty when there is nothing to do
 */
record Finding(Grade grade, String what, String found, String todo) {
    enum Grade {
        OK,
        WARN,
        FAIL
    }

    static Finding ok(String what, String found) {
        return new Finding(Grade.OK, what, found, "");
    }

    static Finding warn(String what, String found, String todo) {
        return new Finding(Grade.WARN, what, found, todo);
    }

    static Finding fail(String what, String found, String todo) {
        return new Finding(Grade.FAIL, what, found, todo);
    }

    String text() {
        String first = String.format(Locale.ROOT, "%-5s %-10s %s", grade, what, found);
        return todo.isEmpty() ? first : first + String.format(Locale.ROOT, "%n%17s%s", "do: ", todo);
    }

    static String json(List<Finding> findings) {
        return findings.stream()
                .map(finding -> "{\"grade\":" + Json.quote(finding.grade().name())
                        + ",\"what\":" + Json.quote(finding.what())
                        + ",\"found\":" + Json.quote(finding.found())
                        + ",\"todo\":" + Json.quote(finding.todo()) + "}")
                .collect(Collectors.joining(",", "{\"failed\":" + hasFailed(findings) + ",\"findings\":[", "]}"));
    }

    static boolean hasFailed(List<Finding> findings) {
        return findings.stream().anyMatch(finding -> finding.grade() == Grade.FAIL);
    }
}
