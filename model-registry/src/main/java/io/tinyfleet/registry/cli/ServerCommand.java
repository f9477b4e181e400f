package io.tinyfleet.registry.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Mixin;

/** A command that asks a server and says its answer. */
abstract class ServerCommand implements Callable<Integer> {
    @Mixin
    Server server;

    @Mixin
    Answer answer;
}
