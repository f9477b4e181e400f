package io.tinyfleet.agent.runtime;

/** Why a worker is gone. */
public record WorkerExit(Kind kind, int status, String sentence) {

    public enum Kind {
        /** We asked it to stop. */
        STOPPED,
        /** We killed it: a call missed its deadline, or it did not answer a heartbeat. */
        KILLED_BY_DEADLINE,
        /** We killed it: it took more memory than its model may. */
        OVER_MEMORY_LIMIT,
        /** Native code crashed: SIGABRT (134), SIGBUS (135), SIGFPE (136), SIGILL (132) or SIGSEGV (139). */
        MODEL_CRASH,
        /** The kernel took it (137), or its own heap was too small (3). */
        OUT_OF_MEMORY,
        /** Anything else. */
        UNEXPECTED
    }

    private static final int SIGNAL_BASE = 128;

    /** Exit status of a JVM run with ExitOnOutOfMemoryError. */
    static final int JVM_OUT_OF_MEMORY = 3;

    static WorkerExit stopped(int status) {
        return new WorkerExit(Kind.STOPPED, status, "the worker was stopped");
    }

    static WorkerExit killedByDeadline(int status, String why) {
        return new WorkerExit(Kind.KILLED_BY_DEADLINE, status, "the worker was killed: " + why);
    }

    static WorkerExit overMemoryLimit(int status, String why) {
        return new WorkerExit(Kind.OVER_MEMORY_LIMIT, status, "the worker was killed: " + why);
    }

    /** Reads an exit status that nobody asked for. */
    static WorkerExit unasked(int status, String lastLogLine) {
        return switch (status) {
            case SIGNAL_BASE + 4 -> crash(status, "SIGILL");
            case SIGNAL_BASE + 6 -> crash(status, "SIGABRT");
            case SIGNAL_BASE + 7 -> crash(status, "SIGBUS");
            case SIGNAL_BASE + 8 -> crash(status, "SIGFPE");
            case SIGNAL_BASE + 11 -> crash(status, "SIGSEGV");
            case SIGNAL_BASE + 9 ->
                new WorkerExit(
                        Kind.OUT_OF_MEMORY,
                        status,
                        "the worker was killed from outside (SIGKILL), as when memory is short");
            case JVM_OUT_OF_MEMORY -> new WorkerExit(Kind.OUT_OF_MEMORY, status, "the worker's heap was too small");
            default ->
                new WorkerExit(
                        Kind.UNEXPECTED,
                        status,
                        "the worker ended by itself with status " + status
                                + (lastLogLine.isEmpty() ? "" : ": " + lastLogLine));
        };
    }

    private static WorkerExit crash(int status, String signal) {
        return new WorkerExit(Kind.MODEL_CRASH, status, "native code crashed the worker (" + signal + ")");
    }
}
