package io.silo.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LeaseTokenTest {
    @Test
    void shouldNameThePositionOfTheGrant() {
        for (final long position : new long[] {0, 1, 1_023, 1_024, 1_000_000_007L, Long.MAX_VALUE / 1_024}) {
            for (final int index : new int[] {0, 1, 511, LeaseToken.EVENTS_PER_RECORD_MAX - 1}) {
                assertThat(LeaseToken.position(LeaseToken.of(position, index)))
                        .as("position %s index %s", position, index)
                        .isEqualTo(position);
            }
        }
    }

    @Test
    void shouldRiseWithPositionAndThenWithTheEventInTheRecord() {
        assertThat(LeaseToken.of(7, 1)).isGreaterThan(LeaseToken.of(7, 0));
        assertThat(LeaseToken.of(8, 0)).isGreaterThan(LeaseToken.of(7, LeaseToken.EVENTS_PER_RECORD_MAX - 1));
    }

    @Test
    void shouldNeverBeTheTokenOfNoLease() {
        // The first record of a log is ShardOpened, so no lease is granted at event 0 of record 0.
        assertThat(LeaseToken.of(0, 1)).isNotEqualTo(LeaseToken.NULL_TOKEN);
        assertThat(LeaseToken.of(1, 0)).isNotEqualTo(LeaseToken.NULL_TOKEN);
    }
}
