package io.tinyfleet.registry.inspect;

import io.tinyfleet.protocol.v1.ModelFormat;
import io.tinyfleet.registry.inspect.ModelRefused.Code;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * One walk over the head of a GGUF file (version 2 and 3, little-endian; gguf.md of ggml): metadata and tensor table.
 * Tensor contents are not read. As llama.cpp does, it asks that tensors lie one behind the other in the order of the
 * table. Owned by one thread, used once.
 */
final class GgufWalk {
    static final String MAGIC = "GGUF";
    static final int MAX_KEYS = 10_000;
    static final int MAX_KEY_BYTES = 1024;
    static final int MAX_TENSORS = 100_000;
    static final int MAX_ARRAY_TEXTS = 4_000_000;
    static final int MAX_KEPT_TEXT_BYTES = 200;
    static final int MAX_DIMENSIONS = 4;
    static final long DEFAULT_ALIGNMENT = 32;
    static final long MAX_ALIGNMENT = 1 << 20;

    private static final int OLDEST_VERSION = 2;
    private static final int NEWEST_VERSION = 3;
    private static final int BOOL = 7;
    private static final int TEXT = 8;
    private static final int ARRAY = 9;
    /** Bytes of a value by its type; 0 for those of no fixed size. */
    private static final int[] VALUE_BYTES = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};

    private static final Set<String> KEPT = Set.of("general.architecture", "general.name", "general.alignment");
    /** Behind the architecture's name. */
    private static final Set<String> KEPT_OF_ARCHITECTURE = Set.of(
            "context_length",
            "embedding_length",
            "block_count",
            "vocab_size",
            "attention.head_count",
            "attention.head_count_kv",
            "attention.key_length",
            "attention.value_length");

    private final LittleEndianFile file;
    private final Consumer<TensorLocation> located;
    private final Map<String, String> values = new HashMap<>();
    private final SortedMap<String, Long> bytesByType = new TreeMap<>();
    private long at;
    private long arrayTexts;
    private long tokens;
    private long storedBytes;

    private record TensorEntry(String name, GgmlType type, long bytes, long offset, long rowElements) {}

    private GgufWalk(LittleEndianFile file, Consumer<TensorLocation> located) {
        this.file = file;
        this.located = located;
    }

    static Inspection inspect(ModelContent content, Consumer<TensorLocation> located) throws IOException, ModelRefused {
        return new GgufWalk(new LittleEndianFile(content), located).run();
    }

    private Inspection run() throws IOException, ModelRefused {
        at = Integer.BYTES;
        int version = checkedVersion((int) u32("version"));
        long tensorCount = count("tensors", MAX_TENSORS);
        long keyCount = count("metadata keys", MAX_KEYS);
        readMetadata(keyCount);
        String architecture = values.getOrDefault("general.architecture", "");
        if (architecture.isEmpty()) {
            throw new ModelRefused(
                    Code.NO_GRAPH,
                    "The file names no architecture (general.architecture), so no runtime knows how to run it. Convert"
                            + " the model again.");
        }
        if (tensorCount == 0) {
            throw new ModelRefused(
                    Code.NO_GRAPH, "The file has metadata and no tensor. Upload the model itself, not its vocabulary.");
        }
        readTensors(tensorCount, alignment());
        return new Inspection(
                ModelFormat.GGUF,
                version,
                List.of(),
                List.of(),
                new TreeMap<>(),
                new TreeMap<>(),
                "",
                new Weights(storedBytes, bytesByType, List.of()),
                PeakRam.ofGguf(storedBytes, cacheBytes(architecture), logitsBytes(architecture)),
                keptMetadata(architecture));
    }

    private static int checkedVersion(int version) throws ModelRefused {
        if (version >= OLDEST_VERSION && version <= NEWEST_VERSION) {
            return version;
        }
        int swapped = Integer.reverseBytes(version);
        if (swapped >= 1 && swapped <= NEWEST_VERSION) {
            throw new ModelRefused(
                    Code.UNSUPPORTED_VERSION,
                    "The file is a big-endian GGUF, no device here has such a processor. Convert it to little-endian.");
        }
        throw new ModelRefused(
                Code.UNSUPPORTED_VERSION,
                "The file is a GGUF of version " + Integer.toUnsignedString(version) + ", versions " + OLDEST_VERSION
                        + " and " + NEWEST_VERSION + " are taken. Convert the model again.");
    }

    private void readMetadata(long count) throws IOException, ModelRefused {
        Set<String> keys = new HashSet<>();
        for (long i = 0; i < count; i++) {
            long keyAt = at;
            String key = text(MAX_KEY_BYTES, "metadata key");
            if (!keys.add(key)) {
                throw file.corrupt("the metadata key \"" + key + "\" stands twice", keyAt);
            }
            readValue(key);
        }
    }

    private void readValue(String key) throws IOException, ModelRefused {
        int type = type(key);
        if (type == TEXT) {
            long length = file.i64(at, "metadata value");
            if (length >= 0 && length <= MAX_KEPT_TEXT_BYTES) {
                keep(key, text(MAX_KEPT_TEXT_BYTES, "metadata value"));
            } else {
                skipText("metadata value");
            }
            return;
        }
        if (type == ARRAY) {
            readArray(key);
            return;
        }
        long valueAt = at;
        skip(VALUE_BYTES[type], "metadata value");
        number(type, valueAt).ifPresent(number -> keep(key, Long.toUnsignedString(number)));
    }

    private int type(String key) throws IOException, ModelRefused {
        long typeAt = at;
        long type = u32("metadata type");
        if (type >= VALUE_BYTES.length) {
            throw file.corrupt("the metadata key \"" + key + "\" has the unknown type " + type, typeAt);
        }
        return (int) type;
    }

    private void readArray(String key) throws IOException, ModelRefused {
        int type = type(key);
        if (type == ARRAY) {
            throw file.corrupt("the metadata key \"" + key + "\" holds arrays of arrays", at);
        }
        long length = file.i64(at, "array");
        at += Long.BYTES;
        if (key.equals("tokenizer.ggml.tokens")) {
            tokens = length;
        }
        if (type != TEXT) {
            if (length < 0 || length > file.size()) {
                throw file.corrupt("an array of " + Long.toUnsignedString(length) + " elements begins", at);
            }
            skip(length * VALUE_BYTES[type], "array");
            return;
        }
        arrayTexts = length < 0 ? Long.MAX_VALUE : PeakRam.add(arrayTexts, length);
        if (arrayTexts > MAX_ARRAY_TEXTS) {
            throw tooMany("texts in metadata", MAX_ARRAY_TEXTS);
        }
        for (long i = 0; i < length; i++) {
            skipText("array");
        }
    }

    /** An unsigned or positive integer or a truth value; nothing for fractions and negative numbers. */
    private Optional<Long> number(int type, long valueAt) throws IOException, ModelRefused {
        long value = switch (type) {
            case 0, BOOL -> file.u8(valueAt, "value");
            case 1 -> (byte) file.u8(valueAt, "value");
            case 2 -> file.u16(valueAt, "value");
            case 3 -> (short) file.u16(valueAt, "value");
            case 4 -> file.u32(valueAt, "value");
            case 5 -> file.i32(valueAt, "value");
            case 10, 11 -> file.i64(valueAt, "value");
            default -> -1;
        };
        return value < 0 ? Optional.empty() : Optional.of(value);
    }

    private void keep(String key, String value) {
        int dot = key.indexOf('.');
        if (KEPT.contains(key) || (dot > 0 && KEPT_OF_ARCHITECTURE.contains(key.substring(dot + 1)))) {
            values.put(key, value);
        }
    }

    private long alignment() throws ModelRefused {
        String stated = values.get("general.alignment");
        if (stated == null) {
            return DEFAULT_ALIGNMENT;
        }
        Optional<Long> alignment = wholeNumber(stated);
        if (alignment.isEmpty() || alignment.get() > MAX_ALIGNMENT || Long.bitCount(alignment.get()) != 1) {
            throw file.corrupt("an alignment of " + stated + ", which is no power of two up to " + MAX_ALIGNMENT, at);
        }
        return alignment.get();
    }

    private void readTensors(long count, long alignment) throws IOException, ModelRefused {
        List<TensorEntry> entries = new ArrayList<>();
        Set<String> names = new HashSet<>();
        long expected = 0;
        for (long i = 0; i < count; i++) {
            long entryAt = at;
            TensorEntry entry = readEntry();
            if (!names.add(entry.name())) {
                throw file.corrupt("the tensor \"" + entry.name() + "\" stands twice in the table", entryAt);
            }
            if (entry.offset() != expected) {
                throw file.corrupt(
                        "tensor \"" + entry.name() + "\" lies at " + Long.toUnsignedString(entry.offset())
                                + " of the tensors, the one before it ends at " + expected,
                        entryAt);
            }
            expected = aligned(PeakRam.add(expected, entry.bytes()), alignment);
            if (expected > file.size() + alignment) {
                file.require(at, expected, "tensors");
            }
            entries.add(entry);
        }
        long start = aligned(at, alignment);
        for (TensorEntry entry : entries) {
            file.require(start + entry.offset(), entry.bytes(), "tensor \"" + entry.name() + "\"");
            storedBytes += entry.bytes();
            String type = entry.type().name().toLowerCase(Locale.ROOT);
            bytesByType.merge(type, entry.bytes(), Long::sum);
            if (entry.bytes() > 0) {
                located.accept(new TensorLocation(
                        entry.name(), type, start + entry.offset(), entry.bytes(), entry.rowElements()));
            }
        }
    }

    private TensorEntry readEntry() throws IOException, ModelRefused {
        String name = text(MAX_KEY_BYTES, "tensor's name");
        long rank = u32("tensor's rank");
        if (rank > MAX_DIMENSIONS) {
            throw new ModelRefused(
                    Code.TOO_LARGE,
                    "Tensor \"" + name + "\" has " + rank + " dimensions, runtimes take " + MAX_DIMENSIONS
                            + ". Convert the model again.");
        }
        long elements = 1;
        long row = 1;
        for (int i = 0; i < rank; i++) {
            long dimension = file.i64(at, "tensor's shape");
            if (dimension < 0) {
                throw file.corrupt("tensor \"" + name + "\" has an impossible shape", at);
            }
            at += Long.BYTES;
            elements = PeakRam.multiply(elements, dimension);
            row = i == 0 ? dimension : row;
        }
        long typeAt = at;
        long number = u32("tensor's type");
        GgmlType type = GgmlType.find(number)
                .orElseThrow(() -> new ModelRefused(
                        Code.UNSUPPORTED_TENSOR_TYPE,
                        "Tensor \"" + name + "\" has the element type " + number + " (byte " + typeAt
                                + "), which no runtime loads any more or yet. Quantize the model again."));
        if (row % type.blockElements() != 0) {
            throw file.corrupt(
                    "tensor \"" + name + "\" has rows of " + row + " elements, " + type + " has blocks of "
                            + type.blockElements(),
                    typeAt);
        }
        long bytes = PeakRam.multiply(elements / type.blockElements(), type.blockBytes());
        long offset = file.i64(at, "tensor's offset");
        at += Long.BYTES;
        return new TensorEntry(name, type, bytes, offset, rank < 2 ? 0 : row);
    }

    private long cacheBytes(String architecture) {
        long layers = value(architecture, "block_count");
        long width = value(architecture, "embedding_length");
        long heads = Math.max(1, value(architecture, "attention.head_count"));
        long cacheHeads = values.containsKey(architecture + ".attention.head_count_kv")
                ? value(architecture, "attention.head_count_kv")
                : heads;
        long keyWidth = Math.max(value(architecture, "attention.key_length"), width / heads);
        long valueWidth = Math.max(value(architecture, "attention.value_length"), width / heads);
        long context = Math.min(value(architecture, "context_length"), PeakRam.MAX_CONTEXT);
        long perToken = PeakRam.multiply(PeakRam.add(keyWidth, valueWidth), PeakRam.multiply(cacheHeads, Short.BYTES));
        return PeakRam.multiply(PeakRam.multiply(perToken, layers), context);
    }

    private long logitsBytes(String architecture) {
        return PeakRam.multiply(Math.max(Math.max(0, tokens), value(architecture, "vocab_size")), Float.BYTES);
    }

    private long value(String architecture, String key) {
        return Optional.ofNullable(values.get(architecture + "." + key))
                .flatMap(GgufWalk::wholeNumber)
                .orElse(0L);
    }

    private static Optional<Long> wholeNumber(String text) {
        return text.matches("\\d{1,18}") ? Optional.of(Long.valueOf(text)) : Optional.empty();
    }

    private SortedMap<String, String> keptMetadata(String architecture) {
        SortedMap<String, String> kept = new TreeMap<>();
        values.forEach((key, value) -> {
            if (KEPT.contains(key) || key.startsWith(architecture + ".")) {
                kept.put(key, value);
            }
        });
        return kept;
    }

    private long count(String what, int limit) throws IOException, ModelRefused {
        long count = file.i64(at, what);
        at += Long.BYTES;
        if (count < 0 || count > limit) {
            throw tooMany(what, limit);
        }
        return count;
    }

    private long u32(String what) throws IOException, ModelRefused {
        long value = file.u32(at, what);
        at += Integer.BYTES;
        return value;
    }

    private String text(int maxBytes, String what) throws IOException, ModelRefused {
        long length = file.i64(at, what);
        at += Long.BYTES;
        String text = file.text(at, length, maxBytes, what);
        at += length;
        return text;
    }

    private void skipText(String what) throws IOException, ModelRefused {
        long length = file.i64(at, what);
        at += Long.BYTES;
        skip(length, what);
    }

    private void skip(long length, String what) throws ModelRefused {
        file.require(at, length, what);
        at += length;
    }

    private static long aligned(long place, long alignment) {
        return place > Long.MAX_VALUE - alignment ? Long.MAX_VALUE : (place + alignment - 1) / alignment * alignment;
    }

    private static ModelRefused tooMany(String what, int limit) {
        return new ModelRefused(
                Code.TOO_LARGE,
                "The model has more than " + limit + " " + what + ". Convert it again, or compare its SHA-256 with the"
                        + " original's.");
    }
}
