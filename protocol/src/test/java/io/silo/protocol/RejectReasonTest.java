package io.silo.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RejectReasonTest {
    /** Wire numbers of reasons that a release had and a later one dropped: add a number here, never use it again. */
    private static final Set<Integer> RETIRED = Set.of();

    /** Numbers come in blocks that begin at a multiple of this, so that a block can grow. */
    private static final int BLOCK = 10;

    /** The status names of gRPC that an answer may carry. */
    private static final Set<String> GRPC_CODES = Set.of(
            "INVALID_ARGUMENT",
            "UNIMPLEMENTED",
            "UNAUTHENTICATED",
            "PERMISSION_DENIED",
            "RESOURCE_EXHAUSTED",
            "NOT_FOUND",
            "ALREADY_EXISTS",
            "FAILED_PRECONDITION",
            "UNAVAILABLE",
            "UNKNOWN",
            "DATA_LOSS");

    @Test
    void shouldHaveOneNumberEachThatFitsTheWire() {
        final Set<Integer> seen = new HashSet<>();
        for (final RejectReason reason : RejectReason.values()) {
            assertThat(reason.code())
                    .as("%s goes over the wire as uint16; 0 is acceptance", reason)
                    .isBetween(1, 65_534);
            assertThat(seen.add(reason.code())).as("number of %s", reason).isTrue();
            assertThat(RETIRED)
                    .as("number of %s was used by an earlier release", reason)
                    .doesNotContain(reason.code());
        }
    }

    @Test
    void shouldStandInOrderOfPrecedenceWithoutGaps() {
        int previous = 0;
        for (final RejectReason reason : RejectReason.values()) {
            assertThat(reason.code())
                    .as("%s: checks run in order of declaration, so numbers rise with it", reason)
                    .isGreaterThan(previous);
            if (reason.code() % BLOCK != 0 || reason.code() / BLOCK == previous / BLOCK) {
                for (int between = previous + 1; between < reason.code(); between++) {
                    assertThat(RETIRED)
                            .as("no number may be left out before %s", reason)
                            .contains(between);
                }
            }
            previous = reason.code();
        }
    }

    @Test
    void shouldBeFoundByNumber() {
        for (final RejectReason reason : RejectReason.values()) {
            assertThat(RejectReason.fromCode(reason.code())).isSameAs(reason);
        }
        assertThat(RejectReason.fromCode(RejectReason.OK)).isNull();
        assertThat(RejectReason.fromCode(65_535)).isNull();
        assertThat(RejectReason.fromCode(-1)).isNull();
    }

    @Test
    void shouldTellPeopleAndGatewaysWhatHappened() {
        for (final RejectReason reason : RejectReason.values()) {
            assertThat(reason.sentence())
                    .as("sentence of %s", reason)
                    .isNotBlank()
                    .doesNotContain("\n");
            assertThat(GRPC_CODES).as("gRPC code of %s", reason).contains(reason.grpcCode());
        }
    }

    @Test
    void shouldPromiseARetryOnlyWhereTheStateMayChangeByItself() {
        for (final RejectReason reason : RejectReason.values()) {
            if (reason.grpcCode().equals("INVALID_ARGUMENT")) {
                assertThat(reason.isTransient())
                        .as("%s: the same arguments stay wrong", reason)
                        .isFalse();
            }
            if (reason.grpcCode().equals("UNAVAILABLE")) {
                assertThat(reason.isTransient())
                        .as("%s: unavailable means try again", reason)
                        .isTrue();
            }
        }
    }
}
