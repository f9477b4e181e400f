package io.tinyfleet.e2e.demo;

import java.util.List;

/** The three releases of the demonstration, in the order in which they are rolled out. */
public enum DemoRelease {
    V5("5.0.0", "silero_vad_v5.onnx", false),
    V6("6.0.0", "silero_vad_v6.onnx", false),
    /** The same file as {@link #V6} with a self-test that it cannot pass: devices must refuse it. */
    BAD("6.0.1", "silero_vad_v6.onnx", true);

    public static final String MODEL = "silero-vad";
    public static final List<DemoRelease> ALL = List.of(values());

    private final String version;
    private final String file;
    private final boolean selfTestAltered;

    DemoRelease(String version, String file, boolean selfTestAltered) {
        this.version = version;
        this.file = file;
        this.selfTestAltered = selfTestAltered;
    }

    public String version() {
        return version;
    }

    /** File name in the folder of fetched models. */
    public String file() {
        return file;
    }

    public boolean selfTestAltered() {
        return selfTestAltered;
    }
}
