package io.silo.simulation.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class RetryRuleTest {
    private static final RetryRule DOUBLING = new RetryRule(3, 1_000, 3_500, 2_000, 0);

    @Test
    void shouldGrowFromTheInitialIntervalToTheCap() {
        DOUBLING.check(1, 50, 1_050);
        DOUBLING.check(2, 50, 2_050);
        DOUBLING.check(3, 50, 3_550);
        DOUBLING.check(4, 50, -1);

        assertThatThrownBy(() -> DOUBLING.check(1, 50, 2_050)).hasMessageContaining("not after 1000 to 1000");
        assertThatThrownBy(() -> DOUBLING.check(3, 50, 4_050)).hasMessageContaining("not after 3500 to 3500");
        assertThatThrownBy(() -> DOUBLING.check(4, 50, 8_050)).hasMessageContaining("no attempt is left");
        assertThatThrownBy(() -> DOUBLING.check(3, 50, -1)).hasMessageContaining("the next starts at -1");
    }

    @Test
    void shouldLetJitterLengthenByTheDelayItselfAtMostUnderTheCap() {
        var jittered = new RetryRule(3, 1_000, 3_500, 2_000, 1);

        jittered.check(1, 0, 1_000);
        jittered.check(1, 0, 2_000);
        jittered.check(2, 0, 3_500);

        assertThatThrownBy(() -> jittered.check(1, 0, 999)).isInstanceOf(AssertionError.class);
        assertThatThrownBy(() -> jittered.check(1, 0, 2_001)).isInstanceOf(AssertionError.class);
        assertThatThrownBy(() -> jittered.check(2, 0, 3_501)).isInstanceOf(AssertionError.class);
    }

    @Test
    void shouldRefuseNonsense() {
        assertThat(new RetryRule(0, -1, -1, 0, 7).isGood()).isTrue();
        assertThat(new RetryRule(1, 1_000, 999, 2_000, 0).isGood()).isFalse();
        assertThat(new RetryRule(1, 1_000, 0, 999, 0).isGood()).isFalse();
        assertThat(new RetryRule(1, 1_000, 0, 1_000, 2).isGood()).isFalse();
        assertThat(new RetryRule(1, 1_000, 0, 1_000, 1).isGood()).isTrue();
    }
}
