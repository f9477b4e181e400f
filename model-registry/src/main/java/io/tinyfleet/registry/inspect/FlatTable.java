package io.tinyfleet.registry.inspect;

import java.io.IOException;

/**
 * A table of a flatbuffer (flatbuffers.dev, "FlatBuffer internals"), read in place. Each field, offset and vector is
 * checked against the file before it is followed.
 *
 * @param at where the table begins
 * @param fields where its vtable begins
 * @param fieldsBytes of the vtable, with its own two lengths
 * @param tableBytes of the table itself
 */
record FlatTable(LittleEndianFile file, long at, long fields, int fieldsBytes, int tableBytes) {
    private static final int FIELD_BYTES = 2;
    private static final int HEAD_BYTES = 4;

    /** Elements of a vector: how many there are and where the first one begins. */
    record Vector(long first, int count) {
        static final Vector NONE = new Vector(0, 0);
    }

    static FlatTable at(LittleEndianFile file, long at, String what) throws IOException, ModelRefused {
        long fields = at - file.i32(at, what);
        if (fields < 0) {
            throw file.corrupt("the field list of the " + what + " lies before the file", at);
        }
        int fieldsBytes = file.u16(fields, what);
        int tableBytes = file.u16(fields + FIELD_BYTES, what);
        if (fieldsBytes < HEAD_BYTES || fieldsBytes % FIELD_BYTES != 0 || tableBytes < HEAD_BYTES) {
            throw file.corrupt("the field list of the " + what + " has impossible lengths", fields);
        }
        file.require(fields, fieldsBytes, what);
        file.require(at, tableBytes, what);
        return new FlatTable(file, at, fields, fieldsBytes, tableBytes);
    }

    /** The place of a field of that many bytes, or 0 when the table does not have it. */
    private long place(int field, int bytes, String what) throws IOException, ModelRefused {
        int entry = HEAD_BYTES + FIELD_BYTES * field;
        if (entry >= fieldsBytes) {
            return 0;
        }
        int offset = file.u16(fields + entry, what);
        if (offset == 0) {
            return 0;
        }
        if (offset < HEAD_BYTES || offset > tableBytes - bytes) {
            throw file.corrupt("the field " + field + " of the " + what + " lies outside it", fields + entry);
        }
        return at + offset;
    }

    int u8(int field, int otherwise, String what) throws IOException, ModelRefused {
        long place = place(field, 1, what);
        return place == 0 ? otherwise : file.u8(place, what);
    }

    int i32(int field, int otherwise, String what) throws IOException, ModelRefused {
        long place = place(field, Integer.BYTES, what);
        return place == 0 ? otherwise : file.i32(place, what);
    }

    long i64(int field, long otherwise, String what) throws IOException, ModelRefused {
        long place = place(field, Long.BYTES, what);
        return place == 0 ? otherwise : file.i64(place, what);
    }

    boolean has(int field, String what) throws IOException, ModelRefused {
        return place(field, Integer.BYTES, what) != 0;
    }

    FlatTable table(int field, String what) throws IOException, ModelRefused {
        long place = place(field, Integer.BYTES, what);
        if (place == 0) {
            throw file.corrupt("the " + what + " is missing", at);
        }
        return follow(place, what);
    }

    /** The table that the element of a vector of offsets points to. */
    FlatTable element(Vector vector, int index, String what) throws IOException, ModelRefused {
        return follow(vector.first() + (long) index * Integer.BYTES, what);
    }

    private FlatTable follow(long place, String what) throws IOException, ModelRefused {
        long offset = file.u32(place, what);
        file.require(place, offset, what);
        return at(file, place + offset, what);
    }

    /** A vector whose elements have that many bytes; an absent one is empty. */
    Vector vector(int field, int elementBytes, int maxCount, String what) throws IOException, ModelRefused {
        long place = place(field, Integer.BYTES, what);
        if (place == 0) {
            return Vector.NONE;
        }
        long start = place + file.u32(place, what);
        long count = file.u32(start, what);
        if (count > maxCount) {
            throw new ModelRefused(
                    ModelRefused.Code.TOO_LARGE,
                    "The model has " + count + " elements in its " + what + " at byte " + start + ", at most "
                            + maxCount + " are taken. Simplify it before the export.");
        }
        file.require(start + Integer.BYTES, count * elementBytes, what);
        return new Vector(start + Integer.BYTES, (int) count);
    }

    String text(int field, int maxBytes, String what) throws IOException, ModelRefused {
        Vector characters = vector(field, 1, Integer.MAX_VALUE, what);
        return characters.count() == 0 ? "" : file.text(characters.first(), characters.count(), maxBytes, what);
    }
}
