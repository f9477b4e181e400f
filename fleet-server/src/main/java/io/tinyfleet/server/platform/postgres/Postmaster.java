package io.tinyfleet.server.platform.postgres;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The process that {@code postmaster.pid} of a data folder names. After a kill -9 of the server its PostgreSQL lives on
 * and still holds the folder; after a crash of the machine the same number may belong to any program.
 */
record Postmaster(long pid, boolean ownsFolder) {
    static Optional<Postmaster> find(Path dataFolder) throws IOException {
        Path pidFile = pidFile(dataFolder);
        if (!Files.exists(pidFile)) {
            return Optional.empty();
        }
        Optional<Long> pid = firstLineAsPid(pidFile);
        if (pid.isEmpty()
                || ProcessHandle.of(pid.get()).filter(ProcessHandle::isAlive).isEmpty()) {
            return Optional.of(new Postmaster(pid.orElse(-1L), false));
        }
        return Optional.of(new Postmaster(pid.get(), isPostgresIn(pid.get(), dataFolder)));
    }

    static Path pidFile(Path dataFolder) {
        return dataFolder.resolve("postmaster.pid");
    }

    private static Optional<Long> firstLineAsPid(Path pidFile) throws IOException {
        List<String> lines = Files.readAllLines(pidFile);
        if (lines.isEmpty() || !lines.get(0).strip().matches("[0-9]{1,10}")) {
            return Optional.empty();
        }
        return Optional.of(Long.parseLong(lines.get(0).strip()));
    }

    private static boolean isPostgresIn(long pid, Path dataFolder) {
        boolean isPostgres = ProcessHandle.of(pid)
                .flatMap(process -> process.info().command())
                .map(command -> Path.of(command).endsWith("postgres"))
                .orElse(false);
        if (!isPostgres) {
            return false;
        }
        try {
            // A postmaster works in its data folder.
            return Path.of("/proc", Long.toString(pid), "cwd").toRealPath().equals(dataFolder.toRealPath());
        } catch (IOException e) {
            return false; // Gone meanwhile, or another user's: not ours in either case.
        }
    }
}
