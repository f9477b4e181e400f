package io.tinyfleet.agent.board;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What this machine is, read from what its kernel and its distribution say. */
public final class Board {
    private static final Pattern GLIBC = Pattern.compile("libc-([0-9]+\\.[0-9]+)\\.so");
    private static final Pattern MEMORY = Pattern.compile("(?m)^(MemTotal|MemAvailable):\\s+([0-9]+) kB");
    private static final Pattern NAME = Pattern.compile("(?m)^PRETTY_NAME=\"?([^\"\\n]*)\"?");
    private static final Pattern HARDWARE = Pattern.compile("[^a-z0-9]+");
    private static final List<String> LIBRARY_FOLDERS =
            List.of("lib/x86_64-linux-gnu", "lib/aarch64-linux-gnu", "lib64", "lib", "usr/lib");

    private final SysRoot root;
    private final String jvmArch;

    /** {@code jvmArch} is the JVM's name of the architecture, such as {@code amd64}. */
    public Board(SysRoot root, String jvmArch) {
        this.root = root;
        this.jvmArch = jvmArch;
    }

    public static Board ofThisMachine() {
        return new Board(SysRoot.MACHINE, System.getProperty("os.arch", "unknown"));
    }

    /** In Linux's words: {@code x86_64}, {@code aarch64}. */
    public String arch() {
        return jvmArch.equals("amd64") ? "x86_64" : jvmArch;
    }

    /** {@code glibc 2.36}, {@code musl}, or {@code unknown}. */
    public String libc() {
        Optional<String> debian = glibcOfDistribution();
        if (debian.isPresent()) {
            return "glibc " + debian.get();
        }
        for (String folder : LIBRARY_FOLDERS) {
            for (String file : root.list(folder)) {
                if (file.startsWith("ld-musl-")) {
                    return "musl";
                }
                Matcher versioned = GLIBC.matcher(file);
                if (versioned.matches()) {
                    return "glibc " + versioned.group(1);
                }
            }
        }
        return "unknown";
    }

    /** Newer glibc has no version in its file name; Debian's package list knows it. */
    private Optional<String> glibcOfDistribution() {
        return DpkgStatus.findVersion(root, "libc6").map(version -> version.replaceFirst("-.*$", ""));
    }

    /** As releases name their targets: {@code linux-x86_64-glibc}. */
    public String abi() {
        return "linux-" + arch() + "-" + libc().replaceFirst(" .*$", "");
    }

    public String os() {
        Optional<String> release = root.findText("etc/os-release");
        Matcher name = NAME.matcher(release.orElse(""));
        String distribution = name.find() ? name.group(1) : "Linux";
        return root.findText("proc/sys/kernel/osrelease")
                .map(kernel -> distribution + ", Linux " + kernel)
                .orElse(distribution);
    }

    public OptionalLong ramBytes() {
        return memory("MemTotal");
    }

    public OptionalLong ramAvailableBytes() {
        return memory("MemAvailable");
    }

    private OptionalLong memory(String key) {
        Matcher lines = MEMORY.matcher(root.findText("proc/meminfo").orElse(""));
        while (lines.find()) {
            if (lines.group(1).equals(key)) {
                return OptionalLong.of(Long.parseLong(lines.group(2)) * 1024);
            }
        }
        return OptionalLong.empty();
    }

    /** What the board calls itself: the device tree's model on ARM, the mainboard's name on a PC. */
    public String name() {
        return root.findText("proc/device-tree/model")
                .or(() -> root.findText("sys/firmware/devicetree/base/model"))
                .or(() -> root.findText("sys/class/dmi/id/product_name"))
                .orElse("unknown");
    }

    /** Board and ABI in the form of a name, for machines whose owner gives none. */
    public String defaultHardwareClass() {
        String board = name();
        if (board.equals("unknown")) {
            return "generic-" + arch();
        }
        boolean known = board.startsWith("Raspberry Pi") || board.contains("Jetson");
        if (!known) {
            return "generic-" + arch();
        }
        String short40 = HARDWARE.matcher(board.toLowerCase(Locale.ROOT)).replaceAll("-");
        String name = short40.length() > 40 ? short40.substring(0, 40) : short40;
        return name.replaceFirst("-+$", "") + "-" + arch();
    }
}
