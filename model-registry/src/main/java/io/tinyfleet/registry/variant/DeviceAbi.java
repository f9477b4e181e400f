package io.tinyfleet.registry.variant;

import io.tinyfleet.protocol.v1.DeviceFacts;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What programs a device runs: {@code linux-{arch}-{libc}}. A variant may ask for a C library of some age:
 * {@code linux-aarch64-glibc2.34}.
 */
record DeviceAbi(String system, String arch, String libc, Optional<RuntimeVersion> libcVersion) {
    private static final Pattern WANTED = Pattern.compile("([a-z0-9]+)-([A-Za-z0-9_]+)(?:-([a-z]+)([0-9.]+)?)?");

    static DeviceAbi of(DeviceFacts facts) {
        String libcText = facts.getLibc().strip().toLowerCase(Locale.ROOT);
        int space = libcText.indexOf(' ');
        String libc = space < 0 ? libcText : libcText.substring(0, space);
        Optional<RuntimeVersion> version = space < 0
                ? Optional.empty()
                : RuntimeVersion.find(libcText.substring(space + 1).strip());
        boolean linux = libc.equals("glibc") || libc.equals("musl");
        String system = linux ? "linux" : facts.getOs().strip().toLowerCase(Locale.ROOT);
        return new DeviceAbi(system, facts.getArch(), libc, version);
    }

    /** Runs programs made for that ABI. An ABI that cannot be read is one it does not run. */
    boolean runs(String wanted) {
        Matcher matcher = WANTED.matcher(wanted);
        if (!matcher.matches()
                || !matcher.group(1).equals(system)
                || !matcher.group(2).equals(arch)) {
            return false;
        }
        if (matcher.group(3) == null) {
            return true;
        }
        if (!matcher.group(3).equals(libc)) {
            return false;
        }
        if (matcher.group(4) == null) {
            return true;
        }
        Optional<RuntimeVersion> least = RuntimeVersion.find(matcher.group(4));
        return least.isPresent() && libcVersion.isPresent() && libcVersion.get().compareTo(least.get()) >= 0;
    }

    @Override
    public String toString() {
        return system + "-" + arch + "-" + libc
                + libcVersion
                        .map(v -> " "
                                + String.join(
                                        ".",
                                        v.numbers().stream()
                                                .map(String::valueOf)
                                                .toList()))
                        .orElse("");
    }
}
