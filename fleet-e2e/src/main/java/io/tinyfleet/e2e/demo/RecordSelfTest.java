package io.tinyfleet.e2e.demo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Records a self-test into a file: {@code MODEL.onnx SPEECH.wav OUT}. */
public final class RecordSelfTest {

    private RecordSelfTest() {}

    public static void main(String[] arguments) {
        try {
            byte[] vectors = DemoSelfTest.record(Path.of(arguments[0]), Path.of(arguments[1]), false);
            Files.write(Path.of(arguments[2]), vectors);
            System.out.println(arguments[2] + ": " + vectors.length + " bytes");
        } catch (IOException failure) {
            System.err.println("record-self-test: " + failure.getMessage());
            System.exit(1);
        }
    }
}
