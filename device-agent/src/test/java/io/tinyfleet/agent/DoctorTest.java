package io.tinyfleet.agent;

import static org.assertj.core.api.Assertions.assertThat;

import io.tinyfleet.agent.board.Board;
import io.tinyfleet.agent.board.SysRoot;
import io.tinyfleet.agent.clock.Uptime;
import io.tinyfleet.agent.install.AgentHome;
import io.tinyfleet.agent.install.NioDisk;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DoctorTest {
    private static final Instant NOW = Instant.parse("2026-06-01T00:00:00Z");

    @TempDir
    Path folder;

    private List<Finding> look(Path home, Instant wall, boolean synchronised) throws Exception {
        Clocks clocks = new Clocks(InstantSource.fixed(wall), Uptime.fromNow(), () -> synchronised);
        return new Doctor(new AgentHome(home), new NioDisk(), clocks, new Board(SysRoot.MACHINE, "amd64")).look();
    }

    private static Finding of(List<Finding> findings, String what) {
        return findings.stream()
                .filter(finding -> finding.what().equals(what))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void a_home_that_is_not_there_fails_and_says_what_to_do() throws Exception {
        List<Finding> findings = look(folder.resolve("nowhere"), NOW, true);

        assertThat(of(findings, "disk").grade()).isEqualTo(Finding.Grade.FAIL);
        assertThat(of(findings, "identity").todo()).contains("tinyfleet-agent enrol");
        assertThat(Finding.hasFailed(findings)).isTrue();
    }

    @Test
    void a_good_disk_and_the_runtimes_of_this_machine_are_found_well() throws Exception {
        List<Finding> findings = look(folder, NOW, true);

        assertThat(of(findings, "disk").found()).contains("MB free").contains("reaches the medium in");
        assertThat(of(findings, "clock").grade()).isEqualTo(Finding.Grade.OK);
        assertThat(findings)
                .filteredOn(finding -> finding.what().equals("runtime"))
                .hasSize(2)
                .allSatisfy(finding -> {
                    assertThat(finding.found()).endsWith(" loads");
                    assertThat(finding.grade()).isEqualTo(Finding.Grade.OK);
                });
        assertThat(folder).isDirectoryNotContaining("glob:**.doctor-*");
    }

    @Test
    void each_problem_of_the_settings_is_a_finding() throws Exception {
        Files.writeString(folder.resolve("agent.properties"), "log.level=loud\ncolour=blue\n");

        assertThat(look(folder, NOW, true))
                .filteredOn(finding -> finding.what().equals("settings"))
                .extracting(Finding::found)
                .hasSize(2)
                .anyMatch(found -> found.contains("log.level"));
    }

    @Test
    void a_clock_in_1970_is_warned_of() throws Exception {
        Finding clock = of(look(folder, Instant.EPOCH, true), "clock");

        assertThat(clock.grade()).isEqualTo(Finding.Grade.WARN);
        assertThat(clock.todo()).contains("systemd-timesyncd");
    }

    @Test
    void for_scripts_there_is_one_json_object() throws Exception {
        String json = Finding.json(List.of(Finding.fail("disk", "it is \"full\"", "make room")));

        assertThat(json)
                .isEqualTo("{\"failed\":true,\"findings\":[{\"grade\":\"FAIL\",\"what\":\"disk\","
                        + "\"found\":\"it is \\\"full\\\"\",\"todo\":\"make room\"}]}");
    }
}
