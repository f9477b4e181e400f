package io.tinyfleet.server.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tinyfleet.server.model.ByteRange.Unsatisfiable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ByteRangeTest {
    @Test
    void one_range_is_served() throws Unsatisfiable {
        assertThat(ByteRange.parse("bytes=0-0", 10)).contains(new ByteRange(0, 1));
        assertThat(ByteRange.parse("bytes=3-", 10)).contains(new ByteRange(3, 7));
        assertThat(ByteRange.parse("bytes=3-99", 10)).contains(new ByteRange(3, 7));
        assertThat(ByteRange.parse("bytes=-4", 10)).contains(new ByteRange(6, 4));
        assertThat(ByteRange.parse("bytes=-99", 10)).contains(new ByteRange(0, 10));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "bytes=0-1,3-4",
                "lines=0-1",
                "bytes=-",
                "bytes=5-3",
                "bytes=a-b",
                "0-1",
                "bytes=9999999999999999999-"
            })
    void another_header_is_ignored(String header) throws Unsatisfiable {
        assertThat(ByteRange.parse(header, 10)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"bytes=10-", "bytes=10-20", "bytes=-0"})
    void a_range_outside_the_content_cannot_be_satisfied(String header) {
        assertThatThrownBy(() -> ByteRange.parse(header, 10)).isInstanceOf(Unsatisfiable.class);
    }
}
