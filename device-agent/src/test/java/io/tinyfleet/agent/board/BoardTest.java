package io.tinyfleet.agent.board;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BoardTest {
    @TempDir
    Path root;

    private void file(String path, String content) throws IOException {
        Path file = root.resolve(path);
        Files.createDirectories(file.getParent());
        Files.write(file, content.getBytes(StandardCharsets.UTF_8));
    }

    private Board board(String jvmArch) {
        return new Board(new SysRoot(root), jvmArch);
    }

    @Test
    void a_raspberry_pi_says_what_it_is() throws IOException {
        file("proc/device-tree/model", "Raspberry Pi 4 Model B Rev 1.5\0");
        file("proc/meminfo", "MemTotal:        3884380 kB\nMemFree:  1 kB\nMemAvailable:    3100000 kB\n");
        file("etc/os-release", "ID=debian\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n");
        file("proc/sys/kernel/osrelease", "6.6.31+rpt-rpi-v8\n");
        file(
                "var/lib/dpkg/status",
                "Package: libc5\nVersion: 1\n\nPackage: libc6\nStatus: ok\nVersion: 2.36-9+deb12u7\n");
        Board board = board("aarch64");

        assertThat(board.name()).isEqualTo("Raspberry Pi 4 Model B Rev 1.5");
        assertThat(board.defaultHardwareClass()).isEqualTo("raspberry-pi-4-model-b-rev-1-5-aarch64");
        assertThat(board.ramBytes()).hasValue(3884380L * 1024);
        assertThat(board.ramAvailableBytes()).hasValue(3100000L * 1024);
        assertThat(board.os()).isEqualTo("Debian GNU/Linux 12 (bookworm), Linux 6.6.31+rpt-rpi-v8");
        assertThat(board.libc()).isEqualTo("glibc 2.36");
        assertThat(board.abi()).isEqualTo("linux-aarch64-glibc");
    }

    @Test
    void an_older_jetson_names_its_libc_by_its_file() throws IOException {
        file("proc/device-tree/model", "NVIDIA Jetson Nano Developer Kit\0");
        file("lib/aarch64-linux-gnu/libc-2.27.so", "elf");
        Board board = board("aarch64");

        assertThat(board.libc()).isEqualTo("glibc 2.27");
        assertThat(board.defaultHardwareClass()).isEqualTo("nvidia-jetson-nano-developer-kit-aarch64");
    }

    @Test
    void a_pc_is_generic() throws IOException {
        file("sys/class/dmi/id/product_name", "Standard PC (Q35)\n");
        Board board = board("amd64");

        assertThat(board.name()).isEqualTo("Standard PC (Q35)");
        assertThat(board.arch()).isEqualTo("x86_64");
        assertThat(board.defaultHardwareClass()).isEqualTo("generic-x86_64");
    }

    @Test
    void musl_is_not_taken_for_glibc() throws IOException {
        file("lib/ld-musl-x86_64.so.1", "elf");

        assertThat(board("amd64").abi()).isEqualTo("linux-x86_64-musl");
    }

    @Test
    void an_empty_tree_is_unknown_and_no_error() {
        Board board = board("riscv64");

        assertThat(board.name()).isEqualTo("unknown");
        assertThat(board.libc()).isEqualTo("unknown");
        assertThat(board.ramBytes()).isEmpty();
        assertThat(board.ramAvailableBytes()).isEmpty();
        assertThat(board.os()).isEqualTo("Linux");
        assertThat(board.defaultHardwareClass()).isEqualTo("generic-riscv64");
    }

    @Test
    void unreadable_memory_is_unknown() throws IOException {
        file("proc/meminfo", "MemTotal: much\n");

        assertThat(board("amd64").ramBytes()).isEmpty();
    }
}
