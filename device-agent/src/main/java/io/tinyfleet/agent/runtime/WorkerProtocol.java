package io.tinyfleet.agent.runtime;

/** What agent and worker agree on. Both come from one installation, the version catches a mixed class path. */
public final class WorkerProtocol {

    public static final int VERSION = 1;

    /** Exit status of a worker whose agent went away. */
    public static final int STATUS_AGENT_GONE = 10;

    private WorkerProtocol() {}
}
