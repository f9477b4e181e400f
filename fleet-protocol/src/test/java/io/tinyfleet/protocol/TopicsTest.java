package io.tinyfleet.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class TopicsTest {
    private static final DeviceId DEVICE = new DeviceId("dev-7");

    @Test
    void the_topics_are_those_of_the_protocol() {
        assertThat(Topics.deviceOut(DEVICE, OutLeaf.STATE)).isEqualTo("fleet/v1/d/dev-7/out/state");
        assertThat(Topics.deviceOut(DEVICE, OutLeaf.TELEMETRY)).isEqualTo("fleet/v1/d/dev-7/out/telemetry");
        assertThat(Topics.deviceOut(DEVICE, OutLeaf.EVENT)).isEqualTo("fleet/v1/d/dev-7/out/event");
        assertThat(Topics.deviceOut(DEVICE, OutLeaf.NEED)).isEqualTo("fleet/v1/d/dev-7/out/need");
        assertThat(Topics.deviceIn(DEVICE, InLeaf.DESIRED)).isEqualTo("fleet/v1/d/dev-7/in/desired");
        assertThat(Topics.deviceIn(DEVICE, InLeaf.ACK)).isEqualTo("fleet/v1/d/dev-7/in/ack");
        assertThat(Topics.deviceIn(DEVICE, InLeaf.BLOB)).isEqualTo("fleet/v1/d/dev-7/in/blob");
        assertThat(Topics.deviceIn(DEVICE, InLeaf.COMMAND)).isEqualTo("fleet/v1/d/dev-7/in/command");
        assertThat(Topics.deviceInFilter(DEVICE)).isEqualTo("fleet/v1/d/dev-7/in/#");
        assertThat(Topics.SERVER_FILTER).isEqualTo("fleet/v1/d/+/out/#");
        assertThat(Topics.SHARED_SERVER_FILTER).isEqualTo("$share/ingest/fleet/v1/d/+/out/#");
        assertThat(Topics.blobShared(Digest.of(new byte[0]))).matches("fleet/v1/b/[A-Za-z0-9_-]{22}");
    }

    @Test
    void every_topic_reads_back() {
        for (OutLeaf leaf : OutLeaf.values()) {
            assertThat(Topics.parseOut(Topics.deviceOut(DEVICE, leaf))).contains(new Topics.Outbound(DEVICE, leaf));
            assertThat(Topics.parseIn(Topics.deviceOut(DEVICE, leaf))).isEmpty();
        }
        for (InLeaf leaf : InLeaf.values()) {
            assertThat(Topics.parseIn(Topics.deviceIn(DEVICE, leaf))).contains(new Topics.Inbound(DEVICE, leaf));
            assertThat(Topics.parseOut(Topics.deviceIn(DEVICE, leaf))).isEmpty();
        }
    }

    @Test
    void anything_else_is_no_topic_of_ours() {
        for (String topic : List.of(
                "",
                "fleet/v1/d/dev-7/out",
                "fleet/v1/d/dev-7/out/",
                "fleet/v1/d/dev-7/out/state/more",
                "fleet/v1/d/dev-7/out/STATE",
                "fleet/v1/d//out/state",
                "fleet/v1/d/+/out/state",
                "fleet/v1/d/dev 7/out/state",
                "fleet/v1/d/" + "x".repeat(65) + "/out/state",
                "fleet/v2/d/dev-7/out/state",
                "/fleet/v1/d/dev-7/out/state",
                "fleet/v1/d/dev-7/out/state\n")) {
            assertThat(Topics.parseOut(topic)).as(topic).isEmpty();
        }
    }
}
