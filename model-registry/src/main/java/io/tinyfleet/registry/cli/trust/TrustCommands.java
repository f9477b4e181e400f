package io.tinyfleet.registry.cli.trust;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What is done where the keys are: docs/trust.md walks through it. */
@Command(
        name = "trust",
        description = "Keys, roots, signed releases and floors, and model signing bundles.",
        subcommands = {
            KeyCommands.class,
            RootCommands.class,
            ReleaseCommands.class,
            FloorsCommands.class,
            VerifyCommand.class,
            BundleCommands.class
        })
public final class TrustCommands implements Runnable {
    @Spec
    private CommandSpec command;

    @Override
    public void run() {
        throw new ParameterException(
                command.commandLine(), "a command is missing: key, root, release, floors, verify or bundle");
    }
}
