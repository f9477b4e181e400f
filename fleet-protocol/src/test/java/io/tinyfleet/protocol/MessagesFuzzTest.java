package io.tinyfleet.protocol;

import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Whatever bytes come on a topic: a message, or refused with an {@link UnreadableMessageException}; nothing else. */
class MessagesFuzzTest {
    private static final int TRIES = 2000;

    /** The seeds are the golden messages. */
    private static final Map<String, MessageLite> GOLDEN = GoldenMessages.all();

    private static final List<? extends Parser<? extends MessageLite>> PARSERS = GOLDEN.values().stream()
            .map(MessageLite::getParserForType)
            .distinct()
            .toList();

    private static void readAsEverything(byte[] bytes) {
        for (Parser<? extends MessageLite> parser : PARSERS) {
            try {
                Messages.read(parser, bytes);
            } catch (UnreadableMessageException e) {
                if (e.getMessage() == null || e.code().isBlank()) {
                    throw new AssertionError("a refusal says why", e);
                }
            }
        }
    }

    @Property(tries = TRIES, seed = "20260311")
    void random_bytes(@ForAll byte[] bytes) {
        readAsEverything(bytes);
    }

    @Property(tries = TRIES, seed = "20260312")
    void spoilt_golden_messages(@ForAll("spoilt") byte[] bytes) {
        readAsEverything(bytes);
    }

    @Provide
    Arbitrary<byte[]> spoilt() {
        return Arbitraries.of(GOLDEN.values()).map(MessageLite::toByteArray).flatMap(Spoilt::of);
    }
}
