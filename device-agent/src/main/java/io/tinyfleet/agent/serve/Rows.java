package io.tinyfleet.agent.serve;

/** Rows of comma-separated numbers. */
final class Rows {

    static final int MAX_COLUMNS = 4096;

    private Rows() {}

    /** @throws SourceException if a field is no finite number */
    static float[] parse(String place, String line) throws SourceException {
        String[] fields = line.split(",", MAX_COLUMNS + 1);
        if (fields.length > MAX_COLUMNS) {
            throw new SourceException(place + " has over " + MAX_COLUMNS + " columns");
        }
        float[] row = new float[fields.length];
        for (int i = 0; i < fields.length; i++) {
            try {
                row[i] = Float.parseFloat(fields[i].strip());
            } catch (NumberFormatException e) {
                throw notANumber(place, i, fields[i]);
            }
            if (!Float.isFinite(row[i])) {
                throw notANumber(place, i, fields[i]);
            }
        }
        return row;
    }

    private static SourceException notANumber(String place, int column, String field) {
        String shown = field.length() > 40 ? field.substring(0, 40) + "…" : field;
        return new SourceException(place + ", column " + (column + 1) + ": '" + shown + "' is no number");
    }
}
