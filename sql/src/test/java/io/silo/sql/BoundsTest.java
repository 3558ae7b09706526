package io.silo.sql;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import org.junit.jupiter.api.Test;

class BoundsTest {
    private static final Bounds FAILED = Bounds.ofStatuses(8);
    private static final Bounds RUNNING = Bounds.ofStatuses(2);

    @Test
    void shouldKeepWhatBothSay() {
        final Bounds both =
                Bounds.ofTenant("a").and(FAILED).and(Bounds.ofChanged(5, 10)).and(Bounds.ofChanged(7, 20));
        assertThat(both.tenants()).isEqualTo(Set.of("a"));
        assertThat(both.statuses()).isEqualTo(8);
        assertThat(both.minChangedAtMs()).isEqualTo(7);
        assertThat(both.maxChangedAtMs()).isEqualTo(10);
        assertThat(both.isNothing()).isFalse();
    }

    @Test
    void shouldBeNothingWhereTwoContradict() {
        assertThat(Bounds.ofTenant("a").and(Bounds.ofTenant("b")).isNothing()).isTrue();
        assertThat(FAILED.and(RUNNING).isNothing()).isTrue();
        assertThat(Bounds.ofChanged(10, 20).and(Bounds.ofChanged(0, 9)).isNothing())
                .isTrue();
        assertThat(Bounds.ofId("x").and(Bounds.NOTHING).isNothing()).isTrue();
    }

    @Test
    void shouldTakeInWhatEitherSays() {
        final Bounds either =
                Bounds.ofTenant("a").and(FAILED).or(Bounds.ofTenant("b").and(RUNNING));
        assertThat(either.tenants()).isEqualTo(Set.of("a", "b"));
        assertThat(either.statuses()).isEqualTo(10);
        assertThat(Bounds.ofId("x").or(FAILED).ids()).as("one of them has any").isNull();
        assertThat(Bounds.ofId("x").or(Bounds.NOTHING)).isEqualTo(Bounds.ofId("x"));
        assertThat(Bounds.ofMetadata("k", "v", false)
                        .or(Bounds.ofMetadata("k", "w", false))
                        .metadata())
                .isNull();
    }

    @Test
    void shouldPreferTheEntryOfFewerJobs() {
        final Bounds prefix = Bounds.ofMetadata("k", "long prefix", true);
        final Bounds exact = Bounds.ofMetadata("j", "v", false);
        assertThat(prefix.and(exact)).isEqualTo(exact.and(prefix)).isEqualTo(exact);
    }
}
