package io.tinyfleet.protocol.delta;

import java.io.IOException;
import java.util.Arrays;

/**
 * Eight-bit weights that were trained on. Each column (or row, or the whole tensor) learns by how much its scale has
 * moved, so that {@code old * slope} says where the new value should be, exactly; the distance of that point to the
 * nearest whole number is half of the context, how much this column and this row have changed lately the other half.
 * The residual against the nearest whole number is coded as: is it zero, its sign, its size one by one.
 *
 * <p>The statistics go on from segment to segment, the columns start anew. Owned by one thread.
 */
final class WeightModel {
    /** Columns that may learn on their own; bounds the memory of a decoder. */
    static final int MAX_COLUMNS = 8192;

    private static final int LIMIT = AdaptiveBit.STEADY;

    private static final int SLOPE_SHIFT = 16;
    private static final int ONE = 1 << SLOPE_SHIFT;
    private static final int HALF = ONE >> 1;

    private static final int MAX_SLOPE = 2 * ONE;

    /** How strongly a column believes at first that its scale has not moved, in squares of old values. */
    private static final int DOUBT = 8192;

    private static final int MAX_SQUARES = 1 << 30;

    private static final int FRACTIONS = 16;
    private static final int FRACTION_SHIFT = 12;
    private static final int COLUMN_LEVELS = 24;
    private static final int ROW_LEVELS = 12;
    private static final int SIZES = 16;
    private static final int LARGEST_UNARY = 15;
    private static final int ESCAPE_BITS = 7;

    /** Of a patch, for one weight: at most two for each decision. */
    private static final int MOST_BYTES = 2 * (2 + LARGEST_UNARY + ESCAPE_BITS);

    /** Activities are mean sizes of residuals in 1/4096, a residual counting at most 15. */
    private static final int ACTIVITY_SHIFT = 12;

    private static final int FIRST_ACTIVITY = 1229;
    private static final int ROW_SHIFT = 5;
    private static final int SLOWEST = 250;
    private static final int FIRST_DIVISOR = 5;
    private static final int LEVEL_SHIFT = 4;
    private static final int[] STEPS = new int[SLOWEST + 1];

    /** Rows that columns learn from at first, and of how many they learn from one then: no divisor of usual sizes. */
    private static final int FIRST_ROWS = 96;

    private static final int ROWS_BETWEEN = 13;

    /** Levels of activity, finest where most residuals are zero or one. */
    private static final byte[] COLUMN_LEVEL = levels(new int[] {
        16, 40, 80, 160, 240, 320, 450, 620, 820, 1020, 1230, 1430, 1640, 1840, 2050, 2460, 3000, 3700, 4900, 7000,
        10000, 16000, 32000
    });

    private static final byte[] ROW_LEVEL =
            levels(new int[] {16, 160, 320, 620, 1020, 1430, 1840, 2460, 3700, 8000, 20000});

    static {
        for (int seen = 0; seen <= SLOWEST; seen++) {
            STEPS[seen] = 65_536 / (seen + FIRST_DIVISOR);
        }
    }

    private final int[] zero;
    private final int[] towards;
    private final int[] size;
    private final int[] escape;
    private final int[] slope = new int[MAX_COLUMNS];
    private final int[] squares = new int[MAX_COLUMNS];
    private final int[] activity = new int[MAX_COLUMNS];

    /** Of each column's activity the first state of its level. */
    private final int[] levelOf = new int[MAX_COLUMNS];

    private int oldCentre;
    private int newCentre;
    private int columns;
    private long restart;
    private long untilRestart;
    private int column;

    /** Rows that columns have learned from, up to {@link #SLOWEST}. */
    private int seen;

    /** Above 0: columns learn nothing from this row. */
    private int turn;

    private int rowActivity;

    WeightModel() {
        zero = AdaptiveBit.states(COLUMN_LEVELS * ROW_LEVELS * FRACTIONS);
        towards = AdaptiveBit.states(COLUMN_LEVELS * ROW_LEVELS * FRACTIONS);
        size = AdaptiveBit.states(COLUMN_LEVELS * ROW_LEVELS * 2 * SIZES);
        escape = AdaptiveBit.states(1 << ESCAPE_BITS);
    }

    /** Takes over the statistics; columns begin anew with each segment. */
    WeightModel(WeightModel learned) {
        zero = learned.zero.clone();
        towards = learned.towards.clone();
        size = learned.size.clone();
        escape = learned.escape.clone();
    }

    private static byte[] levels(int[] bounds) {
        byte[] levels = new byte[(LARGEST_UNARY << ACTIVITY_SHIFT >> LEVEL_SHIFT) + 1];
        for (int i = 0; i < levels.length; i++) {
            int level = 0;
            while (level < bounds.length && bounds[level] <= i << LEVEL_SHIFT) {
                level++;
            }
            levels[i] = (byte) level;
        }
        return levels;
    }

    /** Starts a segment. */
    void begin(Part.Weights weights) {
        oldCentre = weights.oldCentre();
        newCentre = weights.newCentre();
        columns = weights.columns();
        restart = weights.restart() == 0 ? Long.MAX_VALUE : weights.restart();
        untilRestart = restart;
        column = 0;
        seen = 0;
        rowActivity = FIRST_ACTIVITY;
        forgetScales();
        Arrays.fill(activity, 0, columns, FIRST_ACTIVITY);
        Arrays.fill(levelOf, 0, columns, columnLevel(FIRST_ACTIVITY));
    }

    /** Codes the next bytes of the segment, those from {@code from} to before {@code to} of the buffers. */
    void code(BinaryCoder coder, byte[] old, byte[] target, int from, int to)
            throws IOException, CorruptPatchException {
        for (int i = from; i < to; i++) {
            int at = column;
            int x = (byte) (old[i] - oldCentre);
            int point = x * slope[at] + HALF;
            int nearest = point >> SLOPE_SHIFT;
            int level = levelOf[at] + ROW_LEVEL[rowActivity >> LEVEL_SHIFT];
            int context = level * FRACTIONS + (point >> FRACTION_SHIFT & FRACTIONS - 1);
            int residual = codeResidual(coder, context, level, (byte) (target[i] - newCentre - nearest));
            int y = (byte) (nearest + residual);
            target[i] = (byte) (y + newCentre);

            int size = Math.min(Math.abs(residual), LARGEST_UNARY) << ACTIVITY_SHIFT;
            if (turn <= 0) {
                learn(at, x, point, y, size, seen);
            }
            rowActivity += size - rowActivity >> ROW_SHIFT;
            if (++column == columns) {
                column = 0;
                seen = Math.min(turn <= 0 ? seen + 1 : seen, SLOWEST);
                turn = turn + 1 == ROWS_BETWEEN ? 0 : turn + 1;
            }
            if (--untilRestart == 0) {
                untilRestart = restart;
                forgetScales();
            }
        }
    }

    /** What column {@code at} learns from an old weight {@code x} that has become {@code y}. */
    private void learn(int at, int x, int point, int y, int size, int rows) {
        int sum = Math.min(MAX_SQUARES, squares[at] + x * x);
        squares[at] = sum;
        int missed = (y << SLOPE_SHIFT) - point + HALF;
        int moved = slope[at] + (missed >> 4) * x / (sum >> 4);
        slope[at] = Math.max(0, Math.min(MAX_SLOPE, moved));
        activity[at] += (size - activity[at]) * STEPS[rows] >> 16;
        levelOf[at] = columnLevel(activity[at]);
    }

    private static int columnLevel(int activity) {
        return COLUMN_LEVEL[activity >> LEVEL_SHIFT] * ROW_LEVELS;
    }

    /**
     * Reads the next {@code count} bytes of the segment: {@link #code} in a form for devices, whose Java has the simple
     * compiler only. Most weights did not change, and that one decision is read here, with the decoder's number in
     * locals; any other goes the common way.
     */
    void read(RangeDecoder coder, byte[] old, byte[] target, int count) throws IOException, CorruptPatchException {
        int done = 0;
        while (done < count) {
            int sure = (int) Math.min(Math.min(count - done, untilRestart), coder.buffered() / MOST_BYTES);
            if (sure > 0) {
                readBuffered(coder, old, target, done, done + sure);
                untilRestart -= sure;
                if (untilRestart == 0) {
                    untilRestart = restart;
                    forgetScales();
                }
            } else {
                sure = 1;
                code(coder, old, target, done, done + sure);
            }
            done += sure;
        }
    }

    /** No scale is forgotten within, and all bytes that this can take are in the decoder's buffer. */
    private void readBuffered(RangeDecoder coder, byte[] old, byte[] target, int from, int to)
            throws IOException, CorruptPatchException {
        int[] zeros = zero;
        int[] slopes = slope;
        int[] levels = levelOf;
        byte[] rowLevel = ROW_LEVEL;
        byte[] buffer = coder.buffer;
        int end = columns;
        int oldZero = oldCentre;
        int newZero = newCentre;
        int at = column;
        int inRow = rowActivity;
        int rows = seen;
        int now = turn;
        int next = coder.next;
        long range = Integer.toUnsignedLong(coder.range);
        long code = Integer.toUnsignedLong(coder.code);
        for (int i = from; i < to; i++) {
            int x = (byte) (old[i] - oldZero);
            int point = x * slopes[at] + HALF;
            int level = levels[at] + rowLevel[inRow >> LEVEL_SHIFT];
            int context = level * FRACTIONS + (point >> FRACTION_SHIFT & FRACTIONS - 1);
            int residual = 0;
            long bound = (range >>> RangeDecoder.BOUND_SHIFT) * AdaptiveBit.probability(zeros[context]);
            if (code < bound) {
                coder.next = next;
                coder.range = (int) range;
                coder.code = (int) code;
                residual = codeResidual(coder, context, level, 0);
                next = coder.next;
                range = Integer.toUnsignedLong(coder.range);
                code = Integer.toUnsignedLong(coder.code);
            } else {
                code -= bound;
                range -= bound;
                zeros[context] = AdaptiveBit.learned(zeros[context], 0, LIMIT);
                while (range < RangeDecoder.NORMAL) {
                    range <<= Byte.SIZE;
                    code = code << Byte.SIZE | buffer[next++] & 0xff;
                }
            }
            int y = (byte) ((point >> SLOPE_SHIFT) + residual);
            target[i] = (byte) (y + newZero);

            int size = Math.min(Math.abs(residual), LARGEST_UNARY) << ACTIVITY_SHIFT;
            if (now <= 0) {
                learn(at, x, point, y, size, rows);
            }
            inRow += size - inRow >> ROW_SHIFT;
            // Without branches: one that is seldom taken makes the other compiler start over when it is.
            int within = at + 1 - end >> Integer.SIZE - 1;
            at = at + 1 & within;
            rows = Math.min(rows + (1 + within & now - 1 >>> Integer.SIZE - 1), SLOWEST);
            now += 1 + within;
            now &= now - ROWS_BETWEEN >> Integer.SIZE - 1;
        }
        column = at;
        rowActivity = inRow;
        seen = rows;
        turn = now;
        coder.next = next;
        coder.range = (int) range;
        coder.code = (int) code;
    }

    private void forgetScales() {
        turn = 1 - FIRST_ROWS;
        Arrays.fill(slope, 0, columns, ONE);
        Arrays.fill(squares, 0, columns, DOUBT);
    }

    private int codeResidual(BinaryCoder coder, int context, int level, int residual)
            throws IOException, CorruptPatchException {
        if (coder.code(zero, context, residual == 0 ? 0 : 1, LIMIT) == 0) {
            return 0;
        }
        int likely = (context & FRACTIONS - 1) < FRACTIONS / 2 ? -1 : 1;
        if (coder.code(towards, context, residual == likely ? 0 : 1, LIMIT) == 0) {
            return likely;
        }
        int from = level * 2 * SIZES;
        int away = coder.code(size, from, (residual ^ likely) >>> Integer.SIZE - 1, LIMIT);
        from += away * SIZES;
        int wanted = Math.abs(residual);
        int reached = 2 - away;
        while (reached < LARGEST_UNARY && coder.code(size, from + reached, wanted > reached ? 1 : 0, LIMIT) == 1) {
            reached++;
        }
        if (reached == LARGEST_UNARY) {
            reached += coder.codeTree(escape, 0, ESCAPE_BITS, wanted - LARGEST_UNARY, LIMIT);
        }
        return away == 1 ? -likely * reached : likely * reached;
    }
}
