package io.silo.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.silo.protocol.Bounds;
import io.silo.protocol.RejectReason;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class ImportItemTest {
    private static final Instant THEN = Instant.ofEpochMilli(1_000);
    private static final ImportedAttempt FAILED = ImportedAttempt.failed(THEN, THEN, "E", Payload.text("why"));

    @Test
    void shouldUploadWhatIsOverTheServersBoundAndTheLargestUntilTheRestFits() {
        final ImportItem small = item(10, List.of(FAILED));
        assertThat(small.chooseUploads(65_536)).isFalse();
        assertThat(small.isUploaded).containsExactly(false, false);

        final ImportItem large =
                item(70_000, List.of(failed(10), failed(60_000), failed(50_000), failed(40_000), failed(65_537)));
        assertThat(large.chooseUploads(65_536)).isTrue();
        // 70,000 and 65,537 are over the bound; of the other 150,000 the largest goes too.
        assertThat(large.isUploaded).containsExactly(true, false, true, false, false, true);
        assertThat(large.inlineLength()).isLessThanOrEqualTo(Batches.ROOM_BYTES);
    }

    @Test
    void shouldRefuseWhatNoMessageCanSayWithTheNumberOfTheAttempt() {
        final ImportedAttempt running = new ImportedAttempt(AttemptStatus.RUNNING, THEN, THEN, null, Payload.EMPTY);
        assertThat(item(0, List.of(FAILED, running)).refusal(1_000))
                .isEqualTo(refusal(RejectReason.INVALID_ATTEMPT, 2));
        assertThat(item(0, List.of(failed(1_001))).refusal(1_000))
                .isEqualTo(refusal(RejectReason.PAYLOAD_TOO_LARGE, 1));
        assertThat(item(1_001, List.of()).refusal(1_000)).isEqualTo(refusal(RejectReason.PAYLOAD_TOO_LARGE, 0));
        final ImportedAttempt wordy = ImportedAttempt.failed(THEN, THEN, "é".repeat(129), Payload.EMPTY);
        assertThat(item(0, List.of(wordy)).refusal(1_000)).isEqualTo(refusal(RejectReason.INVALID_ERROR_CODE, 1));
        final int most = Bounds.ATTEMPTS_MAX;
        assertThat(item(0, Collections.nCopies(most, FAILED)).refusal(1_000)).isNull();
        assertThat(item(0, Collections.nCopies(most + 1, FAILED)).refusal(1_000))
                .isEqualTo(refusal(RejectReason.TOO_MANY_ATTEMPTS, 0));
    }

    private static ImportResult refusal(RejectReason reason, int attempt) {
        return new ImportResult(new JobRef("-", "a"), reason, attempt, null);
    }

    private static ImportedAttempt failed(int bytes) {
        return ImportedAttempt.failed(THEN, THEN, "E", Payload.raw(new byte[bytes]));
    }

    private static ImportItem item(int payloadBytes, List<ImportedAttempt> attempts) {
        final JobRequest job = JobRequest.to("g")
                .id("a")
                .payload(Payload.raw(new byte[payloadBytes]))
                .build();
        return new ImportItem(new ImportedJob(job, null, attempts), "-");
    }
}
