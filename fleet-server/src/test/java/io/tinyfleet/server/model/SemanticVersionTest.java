package io.tinyfleet.server.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SemanticVersionTest {
    @ParameterizedTest
    @ValueSource(
            strings = {"0.0.0", "1.2.3", "10.20.30", "1.0.0-rc.1", "1.0.0-alpha-a.b-c", "1.0.0-0", "999999999.0.0"})
    void a_semantic_version_is_taken(String text) {
        assertThat(SemanticVersion.parse(text)).contains(new SemanticVersion(text));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "1",
                "1.2",
                "v1.2.3",
                "1.2.3.4",
                "01.2.3",
                "1.02.3",
                "1.2.3-",
                "1.2.3-01",
                "1.2.3-a..b",
                "1.2.3+1",
                " 1.2.3",
                "1.2.3\n",
                "1.2.-3",
                "9999999999.0.0",
                "1.0.0-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
            })
    void anything_else_is_refused(String text) {
        assertThat(SemanticVersion.parse(text)).isEmpty();
        assertThatThrownBy(() -> new SemanticVersion(text)).isInstanceOf(IllegalArgumentException.class);
    }
}
