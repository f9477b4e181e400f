package io.tinyfleet.agent;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The words behind {@code tinyfleet-agent}, checked against what the command knows. */
final class CommandLine {
    /** Where the agent lives if {@code --home} is not given. */
    static final String HOME_VARIABLE = "TINYFLEET_AGENT_HOME";

    private final Command command;
    private final Map<String, String> values = new HashMap<>();
    private final Set<String> flags = new HashSet<>();

    /** A command with the options that take a value and those that do not. */
    enum Command {
        ENROL(List.of("home", "server", "token", "id", "hardware-class"), List.of()),
        RUN(List.of("home"), List.of()),
        CHECK(List.of("home"), List.of("json")),
        STATUS(List.of("home"), List.of("json")),
        LOGS(List.of("home", "level", "since", "lines"), List.of("follow")),
        DOCTOR(List.of("home"), List.of("json"));

        private final List<String> valued;
        private final List<String> flags;

        Command(List<String> valued, List<String> flags) {
            this.valued = valued;
            this.flags = flags;
        }
    }

    /** The command line is not one of ours. */
    static final class UsageException extends Exception {
        private static final long serialVersionUID = 1L;

        UsageException(String sentence) {
            super(sentence);
        }
    }

    private CommandLine(Command command) {
        this.command = command;
    }

    static CommandLine parse(String[] arguments) throws UsageException {
        String word = arguments.length == 0 ? "" : arguments[0];
        CommandLine line = new CommandLine(command(word));
        for (int i = 1; i < arguments.length; i++) {
            String name = arguments[i].startsWith("--") ? arguments[i].substring(2) : "";
            if (line.command.flags.contains(name)) {
                line.flags.add(name);
            } else if (!line.command.valued.contains(name)) {
                List<String> known = new ArrayList<>(line.command.valued);
                known.addAll(line.command.flags);
                throw new UsageException("there is no option " + arguments[i] + " here; " + word + " knows --"
                        + String.join(", --", known));
            } else if (++i == arguments.length) {
                throw new UsageException("--" + name + " needs a value");
            } else {
                line.values.put(name, arguments[i]);
            }
        }
        return line;
    }

    private static Command command(String word) throws UsageException {
        for (Command command : Command.values()) {
            if (command.name().toLowerCase(java.util.Locale.ROOT).equals(word)) {
                return command;
            }
        }
        throw new UsageException(word.isEmpty() ? "a command is missing" : "there is no command " + word);
    }

    Command command() {
        return command;
    }

    boolean has(String flag) {
        return flags.contains(flag);
    }

    Optional<String> find(String name) {
        return Optional.ofNullable(values.get(name)).filter(value -> !value.isBlank());
    }

    String get(String name) throws UsageException {
        return find(name).orElseThrow(() -> new UsageException("--" + name + " is missing"));
    }

    /** {@code --home}, or the environment's. */
    String home() throws UsageException {
        return find("home")
                .or(() -> Optional.ofNullable(System.getenv(HOME_VARIABLE)).filter(value -> !value.isBlank()))
                .orElseThrow(() -> new UsageException("--home is missing, and " + HOME_VARIABLE + " is not set"));
    }
}
