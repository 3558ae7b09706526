package io.silo.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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
            "OUT_OF_RANGE",
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

    /** Checks run in order of declaration. A kind that filled its block goes on in a new one, so blocks may stand in any order. */
    @Test
    void shouldFillBlocksWithoutGaps() {
        final Set<Integer> blocks = new HashSet<>();
        int previous = 0;
        for (final RejectReason reason : RejectReason.values()) {
            final int code = reason.code();
            int expected = previous + 1;
            while (RETIRED.contains(expected)) {
                expected++;
            }
            if (blocks.add(code / BLOCK)) {
                expected = Math.max(1, code - code % BLOCK);
            }
            assertThat(code)
                    .as("%s: no number of a block may be left out", reason)
                    .isEqualTo(expected);
            previous = code;
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

    /** Codes and texts that clients of the reference match on. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "ERR-1    | JOB_NOT_FOUND            | NOT_FOUND           | job not found",
                "ERR-2    | LEASE_NOT_FOUND          | NOT_FOUND           | lease not found",
                "ERR-3    | LEASE_OWNER_MISMATCH     | FAILED_PRECONDITION | lease owner mismatch",
                "ERR-4    | JOB_ALREADY_CANCELLED    | FAILED_PRECONDITION | job is already cancelled",
                "ERR-5    | JOB_TERMINAL             | FAILED_PRECONDITION | job is already in terminal state",
                "ERR-6    | JOB_SUCCEEDED            | FAILED_PRECONDITION | job already succeeded",
                "ERR-6    | JOB_RUNNING              | FAILED_PRECONDITION | job is currently running",
                "ERR-6    | JOB_IN_PROGRESS          | FAILED_PRECONDITION | job is still in progress",
                "GET-5    | JOB_NOT_COMPLETE         | FAILED_PRECONDITION | job is not complete",
                "ENQ-3    | JOB_EXISTS               | ALREADY_EXISTS      |",
                "ENQ-6    | PRIORITY_OUT_OF_RANGE    | INVALID_ARGUMENT    | priority must be between 0 and 99",
                "ENQ-7    | TASK_GROUP_REQUIRED      | INVALID_ARGUMENT    | task_group is required",
                "ENQ-7    | TASK_GROUP_TOO_LONG      | INVALID_ARGUMENT    | task_group too long (must be <= 64 chars)",
                "ENQ-8    | TOO_MANY_METADATA_ENTRIES| INVALID_ARGUMENT    | too many entries",
                "ENQ-8    | METADATA_KEY_TOO_LONG    | INVALID_ARGUMENT    | key too long",
                "ENQ-8    | METADATA_VALUE_TOO_LONG  | INVALID_ARGUMENT    | value too long",
                "IMPORT-10| NO_NEW_ATTEMPT           | FAILED_PRECONDITION | reimport must include at least one new attempt",
                "TEN-1    | TENANT_NOT_ALLOWED       | FAILED_PRECONDITION |",
                "TEN-2    | TENANT_REQUIRED          | INVALID_ARGUMENT    |",
                "TEN-2    | INVALID_TENANT           | INVALID_ARGUMENT    |",
                "TEN-3    | TENANT_NOT_IN_SHARD      | FAILED_PRECONDITION |",
                "AUTH-1   | UNAUTHENTICATED          | UNAUTHENTICATED     |",
                "ERR-11   | NOT_OWNER                | NOT_FOUND           |"
            })
    void shouldSayWhatClientsMatchOn(String id, RejectReason reason, String grpcCode, String text) {
        assertThat(reason.grpcCode()).as(id).isEqualTo(grpcCode);
        assertThat(reason.sentence()).as(id).contains(text == null ? "" : text);
        if (id.equals("ERR-2") || id.equals("ERR-3")) {
            assertThat(reason.sentence()).as("%s, in full", id).isEqualTo(text);
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
