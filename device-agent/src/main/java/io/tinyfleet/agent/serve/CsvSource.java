package io.tinyfleet.agent.serve;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Plays a CSV file of numbers over and over. A first line that is not numbers is a heading. */
final class CsvSource implements RowSource {

    private final String name;
    private final Path file;
    private BufferedReader reader;
    private int line;
    private int rows;

    private CsvSource(String name, Path file) throws IOException {
        this.name = name;
        this.file = file;
        this.reader = Files.newBufferedReader(file);
    }

    static CsvSource open(String name, Path file) throws IOException {
        return new CsvSource(name, file);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public float[] next() throws IOException {
        while (true) {
            String text = reader.readLine();
            line++;
            if (text == null) {
                again();
            } else if (!text.isBlank()) {
                try {
                    float[] row = Rows.parse(file + ", line " + line, text);
                    rows++;
                    return row;
                } catch (SourceException e) {
                    if (line > 1) {
                        throw e;
                    }
                }
            }
        }
    }

    private void again() throws IOException {
        if (rows == 0) {
            throw new SourceException(file + " holds no row of numbers");
        }
        reader.close();
        reader = Files.newBufferedReader(file);
        rows = 0;
        line = 0;
    }

    @Override
    public void close() throws IOException {
        reader.close();
    }
}
