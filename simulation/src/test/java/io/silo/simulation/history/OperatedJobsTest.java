package io.silo.simulation.history;

import static io.silo.simulation.history.HistoryBuilder.failure;
import static io.silo.simulation.history.HistoryBuilder.finished;
import static io.silo.simulation.history.HistoryBuilder.running;
import static io.silo.simulation.history.HistoryBuilder.scheduled;
import static io.silo.simulation.history.HistoryBuilder.spec;
import static io.silo.simulation.history.HistoryBuilder.success;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** What operators did to jobs: histories that break an invariant, and legal ones that come close. */
class OperatedJobsTest {
    private final HistoryBuilder history = new HistoryBuilder();

    private void assertLegal() {
        assertThat(HistoryChecker.check(history.entries(), new Expectations(true, 0)))
                .isEmpty();
    }

    private void assertFound(Invariant invariant) {
        assertThat(HistoryChecker.check(history.entries(), new Expectations(false, 0)))
                .as("violations")
                .isNotEmpty()
                .allSatisfy(violation -> assertThat(violation.invariant()).isEqualTo(invariant.label()));
    }

    @Test
    void shouldFindALeaseOfACancelledJob() {
        history.enqueued("a").changed("a", Entry.Change.CANCEL, "CANCELLED");
        history.granted("a", 1, "w");
        assertFound(Invariant.CANCELLED_RUNS);
    }

    @Test
    void shouldFindARetryOfAJobThatWasCancelledWhileItRan() {
        history.enqueued(spec("a", 3));
        final Lease first = history.granted("a", 1, "w");
        history.changed("a", Entry.Change.CANCEL, "RUNNING").failed(first, "w");
        history.granted("a", 2, "w");
        assertFound(Invariant.CANCELLED_RUNS);
    }

    @Test
    void shouldFindACancelledJobThatIsSeenWaiting() {
        history.enqueued("a").changed("a", Entry.Change.CANCEL, "CANCELLED").seen("a", scheduled(0));
        assertFound(Invariant.CANCELLED_RUNS);
    }

    @Test
    void shouldAllowACancelledJobToRunAfterARestartWhoseOutcomeIsUnknown() {
        history.enqueued("a").changed("a", Entry.Change.CANCEL, "CANCELLED");
        history.change("a", Entry.Change.RESTART);
        final Lease lease = history.granted("a", 1, "w");
        history.succeeded(lease, "w").seen("a", finished("SUCCEEDED", success(1, "w")));
        assertLegal();
    }

    @Test
    void shouldAllowACancelledJobToSucceedIfItRan() {
        history.enqueued("a");
        final Lease lease = history.granted("a", 1, "w");
        history.changed("a", Entry.Change.CANCEL, "RUNNING").seen("a", running(1));
        history.succeeded(lease, "w").seen("a", finished("SUCCEEDED", success(1, "w")));
        assertLegal();
    }

    @Test
    void shouldAllowACancelThatWasOnlyAppendedToGoWithThePower() {
        history.enqueued("a").appended().changed("a", Entry.Change.CANCEL, "CANCELLED");
        history.durable().powerLost();
        final Lease lease = history.granted("a", 1, "w");
        history.succeeded(lease, "w").seen("a", finished("SUCCEEDED", success(1, "w")));
        assertLegal();
    }

    @Test
    void shouldFindADeletedJobThatIsSeenOrLeasedAgain() {
        history.enqueued("a");
        final Lease lease = history.granted("a", 1, "w");
        history.succeeded(lease, "w").changed("a", Entry.Change.DELETE, "SUCCEEDED");
        history.seen("a", finished("SUCCEEDED", success(1, "w")));
        assertFound(Invariant.DELETED_SEEN);
    }

    @Test
    void shouldAllowADeletedJobToBeMadeAgain() {
        history.enqueued("a").changed("a", Entry.Change.CANCEL, "CANCELLED");
        history.changed("a", Entry.Change.DELETE, "CANCELLED").notFound("a");
        history.enqueue(spec("a"));
        history.seen("a", scheduled(0)).seen("a", finished("CANCELLED"));
        assertLegal();
    }

    @Test
    void shouldFindAJobThatIsGoneThoughNobodyDeletedIt() {
        history.enqueued("a").changed("a", Entry.Change.EXPEDITE, "SCHEDULED").notFound("a");
        assertFound(Invariant.LOST_ACKNOWLEDGEMENT);
    }

    @Test
    void shouldFindARestartedJobWithTheNumberOfAnAttemptThatEnded() {
        history.enqueued("a");
        final Lease lease = history.granted("a", 1, "w");
        history.failed(lease, "w").changed("a", Entry.Change.RESTART, "SCHEDULED");
        history.granted("a", 1, "w");
        assertFound(Invariant.ATTEMPT_NUMBER);
    }

    @Test
    void shouldAllowMoreAttemptsThanThePolicyAfterARestart() {
        history.enqueued("a");
        final Lease first = history.granted("a", 1, "w");
        history.failed(first, "w").changed("a", Entry.Change.RESTART, "SCHEDULED");
        final Lease second = history.granted("a", 2, "w");
        history.succeeded(second, "w").seen("a", finished("SUCCEEDED", failure(1, "w"), success(2, "w")));
        assertLegal();
    }

    @Test
    void shouldFindALeaseBehindASuccess() {
        history.enqueued("a").changed("a", Entry.Change.EXPEDITE, "SCHEDULED");
        final Lease lease = history.granted("a", 1, "w");
        history.succeeded(lease, "w");
        history.granted("a", 2, "w");
        assertFound(Invariant.TERMINAL_LEASE);
    }

    @Test
    void shouldFindAnOperatedJobThatIsNotDrained() {
        history.enqueued("a").changed("a", Entry.Change.EXPEDITE, "SCHEDULED").seen("a", scheduled(0));
        assertThat(HistoryChecker.check(history.entries(), new Expectations(true, 0)))
                .extracting(Violation::invariant)
                .containsExactly(Invariant.NOT_DRAINED.label());
    }

    @Test
    void shouldFindATaskThatWasPutOffAndGivenAtOnce() {
        history.enqueued("a");
        final Lease lease = history.granted("a", 1, "w");
        history.snoozed(lease, "w", 1_000);
        history.granted("a", 1, "w");
        assertFound(Invariant.EARLY_SNOOZE);
    }
}
