package io.tinyfleet.agent.power;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.tinyfleet.agent.board.SysRoot;
import io.tinyfleet.protocol.v1.Energy;
import io.tinyfleet.protocol.v1.EnergyLabel;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EstimatedEnergyTest {

    @Test
    void an_estimate_is_cpu_seconds_times_watts_and_says_so() {
        Energy energy = EnergyMeters.forHardware("generic-x86_64").begin().end(Duration.ofMillis(2500));
        assertThat(energy.getLabel()).isEqualTo(EnergyLabel.ESTIMATED);
        assertThat(energy.getJoulesNet()).isCloseTo(7.0, within(1e-9));
        assertThat(energy.getJoulesGross()).isEqualTo(energy.getJoulesNet());
        assertThat(energy.getMethod()).isEqualTo("cpu-seconds x 2.8 W, table generic-x86_64 v1");
        assertThat(energy.getScope()).isEqualTo("process");
        assertThat(energy.getSamples()).as("there is no sensor").isZero();
        assertThat(energy.getCi95Joules()).isZero();
    }

    @Test
    void a_class_without_a_figure_has_no_energy_instead_of_a_guess() {
        for (String unknown : new String[] {"", "GENERIC-X86_64", "toaster"}) {
            Energy energy = EnergyMeters.forHardware(unknown).begin().end(Duration.ofSeconds(9));
            assertThat(energy.getLabel()).isEqualTo(EnergyLabel.NONE);
            assertThat(energy.getJoulesNet()).isZero();
            assertThat(energy.getMethod()).isEmpty();
        }
    }

    @Test
    void every_stretch_of_a_meter_has_the_same_label() {
        EnergyMeter meter = EnergyMeters.forHardware("raspberry-pi-4");
        for (Duration cpu : new Duration[] {Duration.ZERO, Duration.ofNanos(1), Duration.ofDays(1)}) {
            assertThat(meter.begin().end(cpu).getLabel()).isEqualTo(EnergyLabel.ESTIMATED);
        }
    }

    @Test
    void impossible_figures_are_refused() {
        for (double watts : new double[] {0, -1, 101, Double.NaN, Double.POSITIVE_INFINITY}) {
            assertThatThrownBy(() -> new ActivePower("x", 1, watts)).isInstanceOf(IllegalArgumentException.class);
        }
        assertThatThrownBy(() -> new ActivePower("x", 0, 1)).isInstanceOf(IllegalArgumentException.class);
        EnergyMeter.Stretch stretch = EnergyMeters.forHardware("generic-x86_64").begin();
        assertThatThrownBy(() -> stretch.end(Duration.ofSeconds(-1))).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void what_the_system_does_not_have_is_absent_and_never_an_error(@TempDir Path empty) {
        SysRoot system = new SysRoot(empty);
        assertThat(system.findText("proc/1/stat")).isEmpty();
        assertThat(system.write("proc/1/oom_score_adj", "500")).isFalse();
        assertThatThrownBy(() -> system.resolve("/proc/1")).isInstanceOf(IllegalArgumentException.class);
    }
}
