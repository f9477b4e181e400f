package io.tinyfleet.protocol.delta;

import java.io.IOException;
import java.util.Arrays;

/**
 * Eight-bit weights that were trained on. Each column (or row, or the whole tensor) learns by how much its scale has
 * moved, so that {@code old * slope} says where the new value should be, exactly; the distance of that point to the
 * nearest whole number is half of the context, how much this column and this row have changed lately the other half.
 * The residual against the nearest whole number is one symbol: 0, 1, -1, or further away, which sign and size then say.
 *
 * <p>Everything but the sizes of large residuals is learned from the first rows and from every 29th then, so that most
 * weights cost a look into two tables and one comparison. The statistics go on from segment to segment, the columns start anew. Owned by one thread.
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

    /** Activities are mean sizes of residuals in 1/4096, a residual counting at most 15. */
    private static final int ACTIVITY_SHIFT = 12;

    private static final int FIRST_ACTIVITY = 1229;
    private static final int SLOWEST = 250;
    private static final int FIRST_DIVISOR = 5;
    private static final int LEVEL_SHIFT = 4;
    private static final int[] STEPS = new int[SLOWEST + 1];

    /** Rows that are learned from at first, and of how many one is then: no divisor of usual sizes. */
    private static final int FIRST_ROWS = 64;

    private static final int ROWS_BETWEEN = 29;

    /** What one scale for all weights calls a row, and how many of those it learns from at first. */
    private static final int ROW = 64;

    private static final int FIRST_SCALE_ROWS = 2;

    /**
     * Within so many weights the activity of the row is taken to be the same. {@link RangeDecoder} has bytes for so many
     * at hand.
     */
    private static final int STRETCH = 32;

    /** Of a column: its slope above the first context of its level. */
    private static final int KNOWN_SHIFT = 12;

    private static final int KNOWN_MASK = (1 << KNOWN_SHIFT) - 1;

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

    private final Frequencies residuals;
    private final int[] size;
    private final int[] escape;

    /** Of a sample all rows are learned from, or it would be too little to learn from. */
    private final boolean sample;

    private final int[] known = new int[MAX_COLUMNS];
    private final int[] squares = new int[MAX_COLUMNS];
    private final int[] activity = new int[MAX_COLUMNS];

    private int oldCentre;
    private int newCentre;
    private int columns;

    /** From one weight's column to the next one's: 0 where there is one column. */
    private int columnStep;

    private int row;
    private long restart;
    private long untilRestart;

    /** In the row. */
    private int place;

    /** Rows that columns have learned from, up to {@link #SLOWEST}. */
    private int seen;

    /** Above 0: nothing is learned from this row. */
    private int turn;

    /** Sizes of residuals in this stretch so far. */
    private int changes;

    private int rowActivity;

    /** Of the row's level the first context. */
    private int rowContext;

    WeightModel() {
        residuals = new Frequencies(ROW_LEVELS * COLUMN_LEVELS * FRACTIONS);
        size = AdaptiveBit.states(ROW_LEVELS * COLUMN_LEVELS * 2 * SIZES);
        escape = AdaptiveBit.states(1 << ESCAPE_BITS);
        sample = false;
    }

    /**
     * For a trial: takes over the statistics; columns begin anew with each segment.
     *
     * @param sample only pieces of the segment will be coded
     */
    WeightModel(WeightModel learned, boolean sample) {
        residuals = new Frequencies(learned.residuals);
        size = learned.size.clone();
        escape = learned.escape.clone();
        this.sample = sample;
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
        columnStep = columns == 1 ? 0 : 1;
        row = columns == 1 ? ROW : columns;
        restart = weights.restart() == 0 ? Long.MAX_VALUE : weights.restart();
        untilRestart = restart;
        seen = 0;
        rowActivity = FIRST_ACTIVITY;
        Arrays.fill(activity, 0, columns, FIRST_ACTIVITY);
        forgetScales();
    }

    private void forgetScales() {
        place = 0;
        turn = 1 - (columns == 1 ? FIRST_SCALE_ROWS : FIRST_ROWS);
        changes = 0;
        rowContext = rowContext(rowActivity);
        Arrays.fill(squares, 0, columns, DOUBT);
        for (int column = 0; column < columns; column++) {
            known[column] = known(ONE, activity[column]);
        }
    }

    private static int rowContext(int activity) {
        return ROW_LEVEL[activity >> LEVEL_SHIFT] * COLUMN_LEVELS * FRACTIONS;
    }

    private static int known(int slope, int activity) {
        return slope << KNOWN_SHIFT | COLUMN_LEVEL[activity >> LEVEL_SHIFT] * FRACTIONS;
    }

    /** Codes the next bytes of the segment, the first {@code count} of the buffers. */
    void code(Coder coder, byte[] old, byte[] target, int count) throws IOException, CorruptPatchException {
        int done = 0;
        while (done < count) {
            int end = Math.min(row, place / STRETCH * STRETCH + STRETCH);
            int length = (int) Math.min(Math.min(end - place, count - done), untilRestart);
            if (coder instanceof RangeDecoder decoder) {
                read(decoder, old, target, done, done + length);
            } else {
                code(coder, old, target, done, done + length);
            }
            done += length;
            place += length;
            untilRestart -= length;
            if (place == end) {
                endStretch();
            }
            if (untilRestart == 0) {
                untilRestart = restart;
                forgetScales();
            }
        }
    }

    private void endStretch() {
        int length = (place - 1) % STRETCH + 1;
        rowActivity += (changes << ACTIVITY_SHIFT) / length - rowActivity >> 1;
        rowContext = rowContext(rowActivity);
        changes = 0;
        if (place == row) {
            place = 0;
            turn = turn + 1 == ROWS_BETWEEN ? 0 : turn + 1;
        }
    }

    /** At most to the end of the stretch. */
    private void code(Coder coder, byte[] old, byte[] target, int from, int to)
            throws IOException, CorruptPatchException {
        int column = place * columnStep;
        for (int i = from; i < to; i++) {
            int x = (byte) (old[i] - oldCentre);
            int point = x * (known[column] >> KNOWN_SHIFT) + HALF;
            int nearest = point >> SLOPE_SHIFT;
            int context = rowContext + (known[column] & KNOWN_MASK) + (point >> FRACTION_SHIFT & FRACTIONS - 1);
            int residual = codeResidual(coder, context, (byte) (target[i] - newCentre - nearest));
            int y = (byte) (nearest + residual);
            target[i] = (byte) (y + newCentre);
            changes += Math.min(Math.abs(residual), LARGEST_UNARY);
            if (turn <= 0 || sample) {
                learn(context, column, x, point, y, residual);
            }
            column += columnStep;
        }
    }

    /**
     * Reads at most to the end of the stretch: {@link #code} in a form for devices, whose Java has the simple compiler
     * only. The decoder's number is in locals, and whether a weight went up or down by one costs no branch, because
     * nobody could predict it.
     */
    private void read(RangeDecoder coder, byte[] old, byte[] target, int from, int to)
            throws IOException, CorruptPatchException {
        coder.lookAhead();
        long[] bounds = residuals.bounds();
        int[] knownOf = known;
        byte[] buffer = coder.buffer;
        int oldZero = oldCentre;
        int newZero = newCentre;
        int column = place * columnStep;
        int step = columnStep;
        int first = rowContext;
        boolean learning = turn <= 0;
        int changed = 0;
        int next = coder.next;
        long range = coder.range;
        long code = coder.code;
        for (int i = from; i < to; i++) {
            int here = knownOf[column];
            int x = (byte) (old[i] - oldZero);
            int point = x * (here >> KNOWN_SHIFT) + HALF;
            int context = first + (here & KNOWN_MASK) + (point >> FRACTION_SHIFT & FRACTIONS - 1);
            long bound = bounds[context];
            long unit = range >>> Coder.SHARE_BITS;
            long zero = unit * Coder.below(bound, 1);
            long far = unit * Coder.below(bound, Coder.LAST);
            int residual;
            if (code < zero) {
                range = zero;
                residual = 0;
            } else if (code < far) {
                long up = unit * Coder.below(bound, 2);
                long down = up - 1 - code >> Long.SIZE - 1;
                range = up - zero;
                code -= zero + (range & down);
                range += far - up - range & down;
                residual = 2 * (int) down + 1;
                changed++;
            } else {
                coder.range = range - far;
                coder.code = code - far;
                coder.next = next;
                coder.normalize();
                residual = codeFar(coder, context, 0);
                changed += Math.min(Math.abs(residual), LARGEST_UNARY);
                range = coder.range;
                code = coder.code;
                next = coder.next;
            }
            if (range < RangeDecoder.NORMAL) {
                range <<= Short.SIZE;
                code = code << Short.SIZE | (buffer[next] & 0xff) << Byte.SIZE | buffer[next + 1] & 0xff;
                next += 2;
            }
            int y = (byte) ((point >> SLOPE_SHIFT) + residual);
            target[i] = (byte) (y + newZero);
            if (learning) {
                learn(context, column, x, point, y, residual);
            }
            column += step;
        }
        changes += changed;
        coder.next = next;
        coder.range = range;
        coder.code = code;
        coder.requireTaken();
    }

    private int codeResidual(Coder coder, int context, int residual) throws IOException, CorruptPatchException {
        return switch (coder.codeFour(residuals.bounds()[context], symbol(residual))) {
            case 0 -> 0;
            case 1 -> 1;
            case 2 -> -1;
            default -> codeFar(coder, context, residual);
        };
    }

    private static int symbol(int residual) {
        return switch (residual) {
            case 0 -> 0;
            case 1 -> 1;
            case -1 -> 2;
            default -> Coder.LAST;
        };
    }

    /** A residual of 2 or more, or of -2 or less. */
    private int codeFar(Coder coder, int context, int residual) throws IOException, CorruptPatchException {
        int from = context / FRACTIONS * 2 * SIZES;
        int negative = coder.code(size, from, residual >>> Integer.SIZE - 1, LIMIT);
        from += negative * SIZES;
        int wanted = Math.abs(residual);
        int reached = 2;
        while (reached < LARGEST_UNARY && coder.code(size, from + reached, wanted > reached ? 1 : 0, LIMIT) == 1) {
            reached++;
        }
        if (reached == LARGEST_UNARY) {
            reached += coder.codeTree(escape, 0, ESCAPE_BITS, wanted - LARGEST_UNARY, LIMIT);
        }
        return negative == 1 ? -reached : reached;
    }

    /** What is learned from an old weight {@code x} that has become {@code y}. */
    private void learn(int context, int column, int x, int point, int y, int residual) {
        residuals.count(context, symbol(residual));
        int sum = Math.min(MAX_SQUARES, squares[column] + x * x);
        squares[column] = sum;
        int missed = (y << SLOPE_SHIFT) - point + HALF;
        int slope = (known[column] >> KNOWN_SHIFT) + (missed >> 4) * x / (sum >> 4);
        int change = Math.min(Math.abs(residual), LARGEST_UNARY) << ACTIVITY_SHIFT;
        activity[column] += (change - activity[column]) * STEPS[seen] >> 16;
        known[column] = known(Math.max(0, Math.min(MAX_SLOPE, slope)), activity[column]);
        if (column + 1 == columns) {
            seen = Math.min(seen + 1, SLOWEST);
        }
    }
}
