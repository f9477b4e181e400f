package io.tinyfleet.e2e.demo;

import java.io.PrintStream;
import java.time.Duration;

/** Tells a person what happens and how long it has taken so far. */
public final class Progress {

    private final PrintStream out;
    private final long startNanos;
    private final int steps;
    private int step;

    public Progress(PrintStream out, int steps) {
        this.out = out;
        this.steps = steps;
        this.startNanos = System.nanoTime();
    }

    public void step(String sentence) {
        step++;
        out.printf("[%d/%d] %3d s  %s%n", step, steps, elapsed().toSeconds(), sentence);
        out.flush();
    }

    public void detail(String sentence) {
        out.printf("      %3d s    %s%n", elapsed().toSeconds(), sentence);
        out.flush();
    }

    public Duration elapsed() {
        return Duration.ofNanos(System.nanoTime() - startNanos);
    }
}
