package io.tinyfleet.agent.runtime;

import io.tinyfleet.agent.board.SysRoot;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** An agent to be killed: starts a worker, prints its pid, and has it run a model that never answers. */
public final class AgentStandIn {

    private AgentStandIn() {}

    /** Arguments: home and model. */
    public static void main(String[] arguments) throws Exception {
        ProcessModelHost host = ProcessModelHost.at(Path.of(arguments[0]), WorkerSettings.DEFAULT, SysRoot.MACHINE);
        RunningModel model = host.start(Models.onnx(Path.of(arguments[1])));
        System.out.println(model.pid());
        System.out.flush();
        model.infer(List.of(Models.floats("x", 1, 2, 3)), Duration.ofMinutes(10));
    }
}
