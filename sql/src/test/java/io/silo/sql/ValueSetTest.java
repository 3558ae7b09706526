package io.silo.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class ValueSetTest {
    private static ValueSet of(Object... values) {
        return Objects.requireNonNull(ValueSet.of(Arrays.asList(values)));
    }

    @Test
    void shouldTellTextsAndNumbersThatAreInIt() {
        assertThat(of("a", "b").has("a")).isTrue();
        assertThat(of("a", "b").has("c")).isFalse();
        assertThat(of(1L, 2L).has(2)).isTrue();
        assertThat(of(1L, 2L).has(2.0)).isTrue();
        assertThat(of(1L, 2L).has(2.5)).isFalse();
        assertThat(of(0L).has(new BigDecimal("0.00"))).isTrue();
        assertThat(of(1L).has(1e300)).isFalse();
        assertThat(of(Long.MIN_VALUE).has(new BigDecimal("9223372036854775808")))
                .isFalse();
    }

    @Test
    void shouldNotKnowWhereANullIsCompared() {
        assertThat(of("a").has(null)).isNull();
        assertThat(of("a", null).has("b")).isNull();
        assertThat(of("a", null).has("a")).isTrue();
    }

    @Test
    void shouldCompareTextsWithNumbersAsNumbers() {
        assertThat(of(5L).has("5")).isTrue();
        assertThat(of(5L).has("5.0")).isTrue();
        assertThat(of("5").has(5)).isTrue();
        assertThatThrownBy(() -> of(5L).has("x")).hasMessage("'x' is no number");
    }

    @Test
    void shouldBeOfOneKind() {
        assertThat(ValueSet.of(List.of("a", 1L))).isNull();
        assertThat(ValueSet.of(List.of(1.5))).isNull();
    }
}
