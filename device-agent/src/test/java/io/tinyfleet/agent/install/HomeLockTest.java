package io.tinyfleet.agent.install;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HomeLockTest {
    @TempDir
    Path folder;

    @Test
    void a_second_agent_on_the_directory_is_refused_with_what_to_do() throws IOException {
        AgentHome home = new AgentHome(folder);
        try (HomeLock first = HomeLock.take(home, 4711)) {
            assertThat(first).hasToString("held");
            assertThatThrownBy(() -> HomeLock.take(home, 4712))
                    .isInstanceOf(HomeLock.HomeInUseException.class)
                    .hasMessage("another agent (process 4711) runs on " + folder
                            + ": stop it first, or give this one a directory of its own with --home");
        }
    }

    @Test
    void the_lock_is_free_again_after_the_first_agent() throws IOException {
        AgentHome home = new AgentHome(folder);
        HomeLock.take(home, 4711).close();

        try (HomeLock second = HomeLock.take(home, 4712)) {
            assertThat(second).hasToString("held");
        }
    }
}
