package io.silo.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class CallTest {
    private static final int BYTES = 50_000;
    private static final Payload PAYLOAD = Payload.raw(new byte[BYTES]);

    /** What names and the numbers beside them take at most. */
    private static final long REST = 500;

    @Test
    void shouldHoldWhatItIsToSend() {
        final JobCalls.Item item =
                new JobCalls.Item(JobRequest.to("g").id("a").payload(PAYLOAD).build(), "-");
        assertThat(new JobCalls.Enqueue(List.of(item, item), Durability.DURABLE, 0).heldBytes())
                .isBetween(2L * BYTES, 2 * (BYTES + REST));
        final LeaseId lease = new LeaseId(0, 1, 2, 3);
        final TaskResult result = TaskResult.success(PAYLOAD);
        assertThat(new LeaseCalls.Report(lease, result, 0, Durability.DURABLE, 0).heldBytes())
                .isEqualTo(BYTES);
        assertThat(new LeaseBatchCalls.Report(
                                Collections.nCopies(2, new LeaseOutcome(lease, result)), Durability.DURABLE, 0)
                        .heldBytes())
                .isBetween(2L * BYTES, 2 * (BYTES + REST));
        assertThat(new ChangeCalls.ImportJobs(List.of(imported()), Durability.DURABLE, 0).heldBytes())
                .isBetween(2L * BYTES, 2 * (BYTES + REST));
    }

    @Test
    void shouldHoldAllOfWhatGoesInParts() {
        assertThat(new JobCalls.Upload(new byte[1_000_000], 0, 0).heldBytes()).isEqualTo(1_000_000);
        final JobDraft.Content content = new JobDraft.Content("-", "a", 1, false, new byte[10], 1_000_000, 0, 0);
        assertThat(new JobCalls.ReadAll(content, content.begun(), 0).heldBytes())
                .isEqualTo(1_000_000);
    }

    @Test
    void shouldNotHoldWhatIsUploadedAlready() {
        final JobCalls.Item item =
                new JobCalls.Item(JobRequest.to("g").id("a").payload(PAYLOAD).build(), "-");
        item.uploadId = 1;
        assertThat(new JobCalls.Enqueue(List.of(item), Durability.DURABLE, 0).heldBytes())
                .isLessThan(REST);
        assertThat(new LeaseCalls.Report(new LeaseId(0, 1, 2, 3), TaskResult.success(PAYLOAD), 1, Durability.DURABLE, 0)
                        .heldBytes())
                .isZero();
        final ImportItem imported = imported();
        assertThat(imported.chooseUploads(BYTES - 1)).isTrue();
        assertThat(new ChangeCalls.ImportJobs(List.of(imported), Durability.DURABLE, 0).heldBytes())
                .isLessThan(REST);
    }

    @Test
    void shouldHoldListsOfNamesButNoSingleOne() {
        final LeaseId lease = new LeaseId(0, 1, 2, 3);
        assertThat(new LeaseCalls.Renew(lease, "w", 0).heldBytes()).isZero();
        assertThat(new LeaseBatchCalls.Renew(Collections.nCopies(1_000, lease), "w", 0).heldBytes())
                .isGreaterThan(1_000 * 24);
        final JobRef job = new JobRef("tenant", "a".repeat(100));
        assertThat(new ChangeCalls.ChangeJobs(
                                ChangeCalls.Change.CANCEL, Collections.nCopies(1_000, job), Durability.DURABLE, 0)
                        .heldBytes())
                .isGreaterThan(100_000);
    }

    private static ImportItem imported() {
        final Instant then = Instant.ofEpochMilli(1);
        return new ImportItem(
                new ImportedJob(
                        JobRequest.to("g").id("a").payload(PAYLOAD).build(),
                        then,
                        List.of(ImportedAttempt.failed(then, then, "E", PAYLOAD))),
                "-");
    }
}
