package io.tinyfleet.agent.enrol;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AddressTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://127.0.0.1:8080",
                "http://localhost:8080",
                "tcp://127.0.0.1:1883",
                "tcp://[::1]:1883",
                "https://fleet.example.org",
                "ssl://broker.example.org:8883"
            })
    void loopback_and_encrypted_addresses_are_taken(String url) {
        assertThat(Address.findObjection(url)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://192.168.1.5:8080",
                "tcp://broker.example.org:1883",
                "http://127.0.0.1.example.org",
                "http://localhost.example.org",
                "tcp://0.0.0.0:1883"
            })
    void open_addresses_beyond_this_machine_are_refused(String url) {
        assertThat(Address.findObjection(url))
                .hasValueSatisfying(sentence ->
                        assertThat(sentence).contains("is not encrypted").contains(url));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "fleet", "ftp://127.0.0.1", "http://", "http://[", "file:///etc/passwd"})
    void other_texts_are_refused(String url) {
        assertThat(Address.findObjection(url)).isPresent();
    }

    @Test
    void the_sentence_says_what_to_use_instead() {
        assertThat(Address.findObjection("tcp://10.0.0.1:1883"))
                .hasValue("\"tcp://10.0.0.1:1883\" is not encrypted and 10.0.0.1 is not this machine: use ssl://");
    }
}
