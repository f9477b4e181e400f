package io.tinyfleet.server.model;

import io.tinyfleet.registry.blob.BlobHandle;
import io.tinyfleet.server.platform.ProblemException;
import io.tinyfleet.server.platform.ProblemType;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Decides what part of a blob answers a request, and copies it out in pieces. */
public final class ArtifactContent {
    static final ProblemType UNSATISFIABLE =
            new ProblemType(416, "range-not-satisfiable", "The range holds no byte of the content");
    private static final int COPY_BYTES = 64 * 1024;

    private ArtifactContent() {}

    /** The content never changes under its name, so the digest is a strong validator. */
    public static String etag(BlobHandle blob) {
        return "\"" + blob.digest().hex() + "\"";
    }

    public static boolean notModified(BlobHandle blob, @Nullable String ifNoneMatch) {
        return ifNoneMatch != null
                && (ifNoneMatch.strip().equals("*")
                        || List.of(ifNoneMatch.split(",")).stream()
                                .map(String::strip)
                                .map(tag -> tag.startsWith("W/") ? tag.substring(2) : tag)
                                .anyMatch(etag(blob)::equals));
    }

    /** Empty: all of it. A range under another validator than ours is not for this content. */
    public static Optional<ByteRange> part(BlobHandle blob, @Nullable String range, @Nullable String ifRange) {
        if (range == null || (ifRange != null && !ifRange.strip().equals(etag(blob)))) {
            return Optional.empty();
        }
        try {
            return ByteRange.parse(range, blob.size());
        } catch (ByteRange.Unsatisfiable e) {
            throw new ProblemException(
                            UNSATISFIABLE, "The content has " + blob.size() + " bytes, the range is " + range + ".")
                    .withHeader("Content-Range", "bytes */" + blob.size());
        }
    }

    public static void copy(BlobHandle blob, ByteRange part, OutputStream out) throws IOException {
        long end = part.first() + part.length();
        for (long at = part.first(); at < end; at += COPY_BYTES) {
            out.write(blob.read(at, (int) Math.min(COPY_BYTES, end - at)));
        }
    }
}
