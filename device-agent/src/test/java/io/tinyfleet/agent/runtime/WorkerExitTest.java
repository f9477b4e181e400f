package io.tinyfleet.agent.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.tinyfleet.agent.runtime.WorkerExit.Kind;
import org.junit.jupiter.api.Test;

class WorkerExitTest {

    @Test
    void a_status_says_who_must_act() {
        for (int crash : new int[] {132, 134, 135, 136, 139}) {
            assertThat(WorkerExit.unasked(crash, "").kind()).isEqualTo(Kind.MODEL_CRASH);
        }
        assertThat(WorkerExit.unasked(137, "").kind()).isEqualTo(Kind.OUT_OF_MEMORY);
        assertThat(WorkerExit.unasked(3, "").kind()).isEqualTo(Kind.OUT_OF_MEMORY);
        for (int other : new int[] {0, 1, 10, 143, 255}) {
            assertThat(WorkerExit.unasked(other, "").kind()).isEqualTo(Kind.UNEXPECTED);
        }
    }

    @Test
    void an_unexpected_end_shows_the_last_thing_the_worker_said() {
        assertThat(WorkerExit.unasked(1, "Error: no such class").sentence())
                .isEqualTo("the worker ended by itself with status 1: Error: no such class");
    }
}
