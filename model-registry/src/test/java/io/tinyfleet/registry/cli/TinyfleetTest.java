package io.tinyfleet.registry.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TinyfleetTest {

    @Test
    void a_run_without_a_command_is_wrong_usage_in_one_line() {
        CliRun run = CliRun.of();

        assertThat(run.exitCode()).isEqualTo(Tinyfleet.WRONG_USAGE);
        assertThat(run.err().lines()).containsExactly("tinyfleet: a command is missing; tinyfleet --help lists them");
        assertThat(run.out()).isEmpty();
    }

    @Test
    void an_unknown_command_is_wrong_usage_in_one_line() {
        CliRun run = CliRun.of("fly");

        assertThat(run.exitCode()).isEqualTo(Tinyfleet.WRONG_USAGE);
        assertThat(run.err().lines()).hasSize(1);
        assertThat(run.err()).contains("fly");
    }

    @Test
    void the_version_is_told() {
        CliRun run = CliRun.of("--version");

        assertThat(run.exitCode()).isEqualTo(Tinyfleet.DONE);
        assertThat(run.out()).startsWith("tinyfleet ");
    }

    @Test
    void a_shell_gets_its_completion() {
        CliRun run = CliRun.of("generate-completion");

        assertThat(run.exitCode()).isEqualTo(Tinyfleet.DONE);
        assertThat(run.out()).contains("tinyfleet Bash Completion").contains("complete -F _complete_tinyfleet");
    }
}
