package io.tinyfleet.registry.licence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;

class SpdxExpressionTest {

    @Test
    void expressions_are_written_as_the_list_writes_them() {
        assertThat(SpdxExpression.parse("apache-2.0").text()).isEqualTo("Apache-2.0");
        assertThat(SpdxExpression.parse(" (mit OR gpl-2.0+)  AND LicenseRef-Our.Own")
                        .text())
                .isEqualTo("(MIT OR GPL-2.0+) AND LicenseRef-Our.Own");
        assertThat(SpdxExpression.parse("GPL-2.0-only WITH Classpath-exception-2.0")
                        .text())
                .isEqualTo("GPL-2.0-only WITH Classpath-exception-2.0");
    }

    @Test
    void what_is_no_expression_is_refused_with_a_rule() {
        for (String bad : new String[] {
            "",
            " ",
            "free",
            "MIT License",
            "MIT AND",
            "AND MIT",
            "(MIT",
            "MIT)",
            "MIT, ISC",
            "MIT/ISC",
            "()",
            "MIT WITH",
            "LicenseRef-",
            "mit and isc",
            "(".repeat(40) + "MIT" + ")".repeat(40),
            "x".repeat(501)
        }) {
            assertThatIllegalArgumentException()
                    .as(bad)
                    .isThrownBy(() -> SpdxExpression.parse(bad))
                    .withMessageStartingWith("must ");
        }
    }
}
