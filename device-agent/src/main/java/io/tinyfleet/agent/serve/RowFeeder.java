package io.tinyfleet.agent.serve;

import io.tinyfleet.agent.runtime.Tensor;
import io.tinyfleet.protocol.v1.RowInput;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/** The newest rows of numbers, normalised column by column. */
final class RowFeeder implements Feeder {

    private final RowSource source;
    private final RowInput declared;
    private final Numbers numbers;
    private final double[][] rows;
    private final Tensor tensor;
    private final List<Tensor> inputs;

    /** Rows still to come before the first inference is worth making. */
    private int missing;

    RowFeeder(RowInput declared, RowSource source) {
        this.source = source;
        this.declared = declared;
        this.numbers = new Numbers(declared.getType(), declared.hasQuantization() ? declared.getQuantization() : null);
        this.rows = new double[declared.getRows()][declared.getColumns()];
        this.missing = declared.getRows();
        this.tensor = Tensor.zeros(
                declared.getInput(),
                declared.getType(),
                declared.getShapeList().stream().mapToLong(Long::longValue).toArray());
        this.inputs = List.of(tensor);
    }

    @Override
    public List<Tensor> next() throws IOException {
        if (missing == 0) {
            missing = declared.getNewRows();
        }
        for (; missing > 0; missing--) {
            take(source.next());
        }
        ByteBuffer data = tensor.data();
        for (int row = 0; row < rows.length; row++) {
            for (int column = 0; column < declared.getColumns(); column++) {
                numbers.put(data, row * declared.getColumns() + column, rows[row][column]);
            }
        }
        return inputs;
    }

    private void take(float[] row) throws IOException {
        if (row.length != declared.getColumns()) {
            throw new SourceException("the model takes rows of " + declared.getColumns() + " numbers, the source '"
                    + source.name() + "' gives " + row.length);
        }
        double[] oldest = rows[0];
        System.arraycopy(rows, 1, rows, 0, rows.length - 1);
        rows[rows.length - 1] = oldest;
        for (int column = 0; column < row.length; column++) {
            double mean = ImageFeeder.each(declared.getMeanList(), column, 0);
            double deviation = ImageFeeder.each(declared.getDeviationList(), column, 1);
            oldest[column] = (row[column] - mean) / deviation;
        }
    }

    @Override
    public long frameNanos() {
        return 1_000_000_000L;
    }

    @Override
    public int memory() {
        return declared.getRows() > declared.getNewRows() ? declared.getRows() / declared.getNewRows() : 0;
    }
}
