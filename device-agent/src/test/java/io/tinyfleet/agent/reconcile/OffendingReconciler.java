package io.tinyfleet.agent.reconcile;

import java.nio.file.Files;
import java.nio.file.Path;

/** Planted for the architecture test: a heart that looks at the disk and the clock. */
public final class OffendingReconciler {
    private OffendingReconciler() {}

    static boolean offend() {
        return Files.exists(Path.of("/")) && System.nanoTime() > 0;
    }
}
