package io.tinyfleet.agent.board;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Optional;

/** Debian's list of installed packages: megabytes long, so it is read line by line. */
final class DpkgStatus {
    private static final int MAX_LINES = 2_000_000;

    private DpkgStatus() {}

    static Optional<String> findVersion(SysRoot root, String packageName) {
        try (BufferedReader lines = Files.newBufferedReader(root.root().resolve("var/lib/dpkg/status"))) {
            boolean inside = false;
            for (int i = 0; i < MAX_LINES; i++) {
                String line = lines.readLine();
                if (line == null) {
                    return Optional.empty();
                }
                if (line.startsWith("Package: ")) {
                    inside = line.equals("Package: " + packageName);
                } else if (inside && line.startsWith("Version: ")) {
                    return Optional.of(line.substring("Version: ".length()).strip());
                }
            }
            return Optional.empty();
        } catch (IOException e) {
            // Not a Debian machine.
            return Optional.empty();
        }
    }
}
