package io.tinyfleet.server.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LinkCertificatesTest {
    private static final Instant NOW = Instant.parse("2026-06-01T00:00:00Z");
    private static final List<String> NAMES = List.of("localhost", "127.0.0.1", "::1", "fleet.example");

    @TempDir
    Path folder;

    private LinkCertificates open(Instant now) throws Exception {
        return LinkCertificates.open(folder.resolve("link"), NAMES, now);
    }

    private X509Certificate broker() throws Exception {
        return new CertificateFolder(folder.resolve("link"))
                .findBroker()
                .orElseThrow()
                .certificate();
    }

    private static Instant after(Duration time) {
        return NOW.plus(time);
    }

    @Test
    void the_first_start_makes_an_authority_and_a_certificate_for_every_name() throws Exception {
        LinkCertificates made = open(NOW);

        X509Certificate authority = made.authorities().get(0);
        X509Certificate broker = broker();
        broker.verify(authority.getPublicKey());
        assertThat(authority.getBasicConstraints()).isZero();
        assertThat(authority.getKeyUsage()[5]).as("signs certificates").isTrue();
        assertThat(broker.getBasicConstraints()).as("no authority").isEqualTo(-1);
        assertThat(broker.getExtendedKeyUsage()).containsExactly("1.3.6.1.5.5.7.3.1");
        assertThat(broker.getSubjectAlternativeNames())
                .extracting(name -> String.valueOf(name.get(1)))
                .containsExactly("localhost", "127.0.0.1", "0:0:0:0:0:0:0:1", "fleet.example");
        assertThat(made.until()).isEqualTo(after(LinkCertificates.CERTIFICATE_LIFE));
        assertThat(made.authoritiesPem())
                .startsWith("-----BEGIN CERTIFICATE-----")
                .doesNotContain("PRIVATE");
    }

    @Test
    void keys_are_for_their_owner_alone() throws Exception {
        open(NOW);

        try (Stream<Path> files = Files.list(folder.resolve("link"))) {
            assertThat(files)
                    .hasSize(2)
                    .allSatisfy(file -> assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                            .isEqualTo("rw-------"));
        }
    }

    @Test
    void a_later_start_keeps_both() throws Exception {
        X509Certificate authority = open(NOW).authorities().get(0);
        X509Certificate broker = broker();

        assertThat(open(after(Duration.ofDays(200))).authorities()).containsExactly(authority);
        assertThat(broker()).isEqualTo(broker);
    }

    @Test
    void the_certificate_is_renewed_before_it_ends_under_the_same_authority() throws Exception {
        X509Certificate authority = open(NOW).authorities().get(0);
        Instant later = after(LinkCertificates.CERTIFICATE_LIFE
                .minus(LinkCertificates.RENEWAL)
                .plusDays(1));

        LinkCertificates renewed = open(later);

        assertThat(renewed.until()).isEqualTo(later.plus(LinkCertificates.CERTIFICATE_LIFE));
        assertThat(renewed.authorities()).containsExactly(authority);
    }

    @Test
    void another_name_makes_another_certificate() throws Exception {
        open(NOW);
        LinkCertificates more = LinkCertificates.open(folder.resolve("link"), List.of("10.0.0.7"), NOW);

        assertThat(broker().getSubjectAlternativeNames())
                .extracting(name -> String.valueOf(name.get(1)))
                .containsExactly("10.0.0.7");
        assertThat(more.authorities()).hasSize(1);
    }

    @Test
    void the_next_authority_is_told_long_before_it_signs_anything() throws Exception {
        X509Certificate first = open(NOW).authorities().get(0);
        Instant told = after(LinkCertificates.AUTHORITY_LIFE
                .minus(LinkCertificates.NEXT_AUTHORITY)
                .plusDays(1));

        LinkCertificates both = open(told);
        assertThat(both.authorities()).hasSize(2).first().isEqualTo(first);
        broker().verify(first.getPublicKey());

        Instant used = after(LinkCertificates.AUTHORITY_LIFE
                .minus(LinkCertificates.CERTIFICATE_LIFE)
                .plusDays(1));
        X509Certificate second = open(used).authorities().get(1);
        broker().verify(second.getPublicKey());

        assertThat(open(after(LinkCertificates.AUTHORITY_LIFE.plusDays(1))).authorities())
                .containsExactly(second);
    }

    @Test
    void a_server_that_wakes_up_in_1970_makes_nothing_that_has_ended_when_its_clock_is_set() throws Exception {
        LinkCertificates made = open(Instant.EPOCH);

        assertThat(made.until()).isAfter(Instant.parse("2026-12-01T00:00:00Z"));
    }

    @Test
    void a_name_that_no_device_could_use_is_refused() {
        for (String name : List.of("", "fleet example", "*.example", "999.1.1.1", "-a.example", "a..b")) {
            assertThatThrownBy(() -> LinkCertificates.open(folder.resolve("link"), List.of(name), NOW))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("\"" + name + "\"");
        }
    }

    @Test
    void a_spoiled_key_file_is_refused_and_not_replaced() throws Exception {
        open(NOW);
        Path file = folder.resolve("link/authority-1.pem");
        Files.writeString(file, "spoiled");

        assertThatThrownBy(() -> open(NOW))
                .hasMessageContaining("authority-1.pem")
                .hasMessageContaining("backup");
        assertThat(file).hasContent("spoiled");
    }
}
