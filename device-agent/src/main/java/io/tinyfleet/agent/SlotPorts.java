package io.tinyfleet.agent;

import io.tinyfleet.agent.install.AgentHome;
import io.tinyfleet.agent.link.LocalBroker;
import io.tinyfleet.agent.serve.ExecFrames;
import io.tinyfleet.agent.serve.FileDelivery;
import io.tinyfleet.agent.serve.FrameQueue;
import io.tinyfleet.agent.serve.HttpDelivery;
import io.tinyfleet.agent.serve.LiveSource;
import io.tinyfleet.agent.serve.QueuedSink;
import io.tinyfleet.agent.serve.ReplaySource;
import io.tinyfleet.agent.serve.ServedSlot;
import io.tinyfleet.agent.serve.Sink;
import io.tinyfleet.agent.serve.Source;
import io.tinyfleet.agent.serve.WatchedFolder;
import io.tinyfleet.protocol.SlotName;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Opens what a slot's settings name: its source and where its results go. */
final class SlotPorts {
    private SlotPorts() {}

    static ServedSlot.Feed open(AgentHome home, SlotName slot, SlotSettings settings) throws IOException {
        return new ServedSlot.Feed(source(home, slot, settings), settings.pace(), sinks(slot, settings.results()));
    }

    private static @Nullable Source source(AgentHome home, SlotName slot, SlotSettings settings) throws IOException {
        SlotSettings.Input input = settings.input();
        if (input instanceof SlotSettings.Replay replay) {
            return ReplaySource.open(settings.name(), replay.input());
        }
        if (input instanceof SlotSettings.Exec exec) {
            return LiveSource.open(
                    settings.name(),
                    exec.format(),
                    exec.patience(),
                    queue -> ExecFrames.start(exec.command(), exec.format(), queue));
        }
        if (input instanceof SlotSettings.Watched watched) {
            return WatchedFolder.open(
                    settings.name(),
                    watched.settings(),
                    home.root().resolve("sources").resolve(slot.value()));
        }
        if (input instanceof SlotSettings.Heard heard) {
            return LiveSource.open(
                    settings.name(),
                    heard.format(),
                    heard.patience(),
                    queue -> LocalBroker.hear(
                            heard.topic().url(),
                            clientId(slot, "in"),
                            heard.topic().topic(),
                            new IntoQueue(queue)));
        }
        return null;
    }

    /** What a topic brings goes into the slot's queue. */
    private record IntoQueue(FrameQueue queue) implements LocalBroker.Listener {
        @Override
        public void message(byte[] payload) {
            queue.put(payload);
        }

        @Override
        public void trouble(String reason) {
            queue.trouble(reason);
        }
    }

    private static List<Sink> sinks(SlotName slot, SlotSettings.Results results) {
        List<Sink> sinks = new ArrayList<>();
        if (results.file() != null) {
            sinks.add(
                    QueuedSink.start(results.file().toString(), new FileDelivery(results.file(), results.fileBytes())));
        }
        if (results.hook() != null) {
            sinks.add(QueuedSink.start(results.hook().toString(), new HttpDelivery(results.hook())));
        }
        SlotSettings.Topic topic = results.topic();
        if (topic != null) {
            sinks.add(QueuedSink.start(
                    topic.url() + " " + topic.topic(),
                    new Said(LocalBroker.speak(topic.url(), clientId(slot, "out"), topic.topic()))));
        }
        return sinks;
    }

    /** Results said on a topic. */
    private record Said(LocalBroker.Speaking speaking) implements QueuedSink.Delivery {
        @Override
        public void deliver(String json) throws IOException {
            speaking.say(json);
        }

        @Override
        public void close() {
            speaking.close();
        }
    }

    /** Two agents on one broker must not throw each other out. */
    private static String clientId(SlotName slot, String way) {
        return "tinyfleet-" + ProcessHandle.current().pid() + "-" + slot.value() + "-" + way;
    }
}
