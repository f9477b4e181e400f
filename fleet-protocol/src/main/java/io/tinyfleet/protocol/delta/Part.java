package io.tinyfleet.protocol.delta;

/** A stretch of the target and how it is coded. The parts of a patch follow each other without a gap. */
sealed interface Part permits Part.Literal, Part.Bytes, Part.Weights {
    /** Bytes of the target. */
    long length();

    /** Where it begins in the base; a literal reads nothing there. */
    long oldOffset();

    /** Bytes after which its pattern repeats: an element, a row. */
    long rowBytes();

    /** Itself without its first {@code bytes}, which are whole rows. */
    Part without(long bytes);

    /** New bytes. */
    record Literal(long length) implements Part {
        @Override
        public long oldOffset() {
            return 0;
        }

        @Override
        public long rowBytes() {
            return 1;
        }

        @Override
        public Part without(long bytes) {
            return new Literal(length - bytes);
        }
    }

    /** Bytes against old ones; {@code elementBytes} wide elements have their bytes modelled apart. */
    record Bytes(long oldOffset, long length, int elementBytes) implements Part {
        public Bytes {
            if (elementBytes < 1 || elementBytes > ByteModel.MAX_ELEMENT_BYTES) {
                throw new IllegalArgumentException(
                        "an element must have 1 to " + ByteModel.MAX_ELEMENT_BYTES + " bytes, got " + elementBytes);
            }
        }

        @Override
        public long rowBytes() {
            return elementBytes;
        }

        @Override
        public Part without(long bytes) {
            return new Bytes(oldOffset + bytes, length - bytes, elementBytes);
        }
    }

    /**
     * Eight-bit weights against old ones.
     *
     * @param oldCentre the byte that stands for a weight of zero in the base
     * @param newCentre the same in the target
     * @param columns weights in a row of which each has a scale of its own; 1: one scale for all
     * @param restart after so many weights the scales are forgotten; 0: never
     */
    record Weights(long oldOffset, long length, int oldCentre, int newCentre, int columns, long restart)
            implements Part {
        public Weights {
            if (oldCentre < 0 || oldCentre > 255 || newCentre < 0 || newCentre > 255) {
                throw new IllegalArgumentException("a centre must be a byte, got " + oldCentre + " and " + newCentre);
            }
            if (columns < 1 || columns > WeightModel.MAX_COLUMNS) {
                throw new IllegalArgumentException(
                        "columns must be 1 to " + WeightModel.MAX_COLUMNS + ", got " + columns);
            }
            // To begin anew costs as much as there are columns: a few bytes must not ask for it at every weight.
            if (columns > length || restart != 0 && restart < columns) {
                throw new IllegalArgumentException("columns must be at most the length of " + length
                        + " and a restart, which is " + restart + ", got " + columns);
            }
        }

        @Override
        public long rowBytes() {
            return Math.max(columns, restart);
        }

        @Override
        public Part without(long bytes) {
            return new Weights(oldOffset + bytes, length - bytes, oldCentre, newCentre, columns, restart);
        }
    }
}
