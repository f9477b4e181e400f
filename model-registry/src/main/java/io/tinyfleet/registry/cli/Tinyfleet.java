package io.tinyfleet.registry.cli;

import io.tinyfleet.registry.cli.trust.TrustCommands;
import java.io.PrintWriter;
import java.time.InstantSource;
import java.util.Optional;
import picocli.AutoComplete.GenerateCompletion;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * The program {@code tinyfleet}. Exit codes: 0 done, 1 refused or failed (one sentence on standard error says why),
 * 2 wrong usage. A new group of commands is one more class in {@code subcommands}; it answers through {@link Answer}
 * and refuses with {@link Refused}.
 */
@Command(
        name = "tinyfleet",
        description = "Publishes models and looks after the keys of a TinyFleet.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        scope = CommandLine.ScopeType.INHERIT,
        subcommands = {
            InspectCommand.class,
            UploadCommand.class,
            ModelCommand.class,
            ReleaseCommand.class,
            AliasCommand.class,
            DownloadCommand.class,
            VerifyCommand.class,
            ImportCommand.class,
            CollectCommand.class,
            TrustCommands.class,
            GenerateCompletion.class
        })
public final class Tinyfleet implements Runnable {
    public static final int DONE = 0;
    public static final int REFUSED = 1;
    public static final int WRONG_USAGE = 2;

    private final InstantSource clock;

    @Spec
    private CommandSpec command;

    private Tinyfleet(InstantSource clock) {
        this.clock = clock;
    }

    public static void main(String[] arguments) {
        System.exit(commandLine().execute(arguments));
    }

    /** The whole command line, ready to execute; tests give it writers of their own. */
    public static CommandLine commandLine() {
        return commandLine(InstantSource.system());
    }

    /** The same by another clock: documents are dated and judged by it. */
    static CommandLine commandLine(InstantSource clock) {
        return new CommandLine(new Tinyfleet(clock))
                .setExecutionExceptionHandler(Tinyfleet::refuse)
                .setParameterExceptionHandler(Tinyfleet::misused)
                .setCaseInsensitiveEnumValuesAllowed(true);
    }

    /** The time by which any command of this program dates and judges documents. */
    public static InstantSource clockOf(CommandSpec command) {
        return ((Tinyfleet) command.root().userObject()).clock;
    }

    @Override
    public void run() {
        throw new ParameterException(command.commandLine(), "a command is missing; tinyfleet --help lists them");
    }

    private static int refuse(Exception failure, CommandLine where, CommandLine.ParseResult parsed) {
        print(where, failure instanceof Refused ? sentence(failure) : unexpected(failure));
        return REFUSED;
    }

    private static int misused(ParameterException failure, String[] arguments) {
        print(failure.getCommandLine(), sentence(failure));
        return WRONG_USAGE;
    }

    private static void print(CommandLine where, String sentence) {
        PrintWriter err = where.getErr();
        err.println("tinyfleet: " + sentence);
        err.flush();
    }

    private static String unexpected(Exception failure) {
        return sentence(failure) + " (" + failure.getClass().getSimpleName() + ")";
    }

    private static String sentence(Exception failure) {
        return Optional.ofNullable(failure.getMessage()).orElse("failed without a reason");
    }
}
