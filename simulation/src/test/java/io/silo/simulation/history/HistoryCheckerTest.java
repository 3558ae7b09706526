package io.silo.simulation.history;

import static io.silo.simulation.history.HistoryBuilder.LEASE_MS;
import static io.silo.simulation.history.HistoryBuilder.OK;
import static io.silo.simulation.history.HistoryBuilder.PAYLOAD;
import static io.silo.simulation.history.HistoryBuilder.RESULT;
import static io.silo.simulation.history.HistoryBuilder.expiry;
import static io.silo.simulation.history.HistoryBuilder.failure;
import static io.silo.simulation.history.HistoryBuilder.finished;
import static io.silo.simulation.history.HistoryBuilder.running;
import static io.silo.simulation.history.HistoryBuilder.scheduled;
import static io.silo.simulation.history.HistoryBuilder.spec;
import static io.silo.simulation.history.HistoryBuilder.success;
import static io.silo.simulation.history.HistoryBuilder.urgent;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.silo.protocol.RejectReason;
import java.util.List;
import org.junit.jupiter.api.Test;

/** One history or more that breaks each invariant, and legal ones that come close. */
class HistoryCheckerTest {
    private final HistoryBuilder history = new HistoryBuilder();

    private void assertLegal() {
        assertThat(HistoryChecker.check(history.entries(), new Expectations(false, 0)))
                .isEmpty();
    }

    private void assertFound(Invariant invariant, String id) {
        assertThat(HistoryChecker.check(history.entries(), new Expectations(false, 0)))
                .as("violations")
                .isNotEmpty()
                .allSatisfy(violation -> {
                    assertThat(violation.invariant()).isEqualTo(invariant.label());
                    assertThat(violation.sentence()).startsWith("Job t/" + id + ": ");
                });
    }

    @Test
    void shouldAcceptTheWholeLifeOfAJob() {
        history.enqueued(spec("a", 1)).seen("a", scheduled(0));
        final Lease first = history.granted("a", 1, "w");
        history.seen("a", running(1)).failed(first, "w").seen("a", scheduled(2, failure(1, "w")));
        final Lease second = history.granted("a", 2, "w");
        history.renewed(second, "w").succeeded(second, "w");
        history.seen("a", finished("SUCCEEDED", failure(1, "w"), success(2, "w")));
        assertThat(HistoryChecker.check(history.entries(), Expectations.DRAINED))
                .isEmpty();
        assertThat(HistoryChecker.check(history.entries())).isEmpty();
    }

    // ---- lost acknowledgements

    @Test
    void shouldFindALostJob() {
        history.enqueued("a").notFound("a");
        assertFound(Invariant.LOST_ACKNOWLEDGEMENT, "a");
    }

    @Test
    void shouldFindADurableJobLostWithThePower() {
        history.enqueued("a").powerLost().notFound("a");
        assertFound(Invariant.LOST_ACKNOWLEDGEMENT, "a");
    }

    @Test
    void shouldFindAnAppendedJobLostByAKill() {
        history.appended().enqueued("a").killed().notFound("a");
        assertFound(Invariant.LOST_ACKNOWLEDGEMENT, "a");
    }

    @Test
    void shouldAllowAnAppendedJobToGoWithThePower() {
        history.appended().enqueued("a").powerLost().notFound("a");
        assertLegal();
    }

    @Test
    void shouldAllowAnAppendedJobToGoWhenPowerIsLostDuringTheEnqueueOrTheRead() {
        history.appended();
        final long during = history.enqueue(spec("a"));
        history.powerLost().enqueueAnswered(during, OK, 1).notFound("a");
        history.enqueued("b");
        final long read = history.read("b");
        history.powerLost().notFound(read);
        assertLegal();
    }

    @Test
    void shouldFindAnAppendedJobLostThatALaterAnswerProvesDurable() {
        history.appended().enqueued("a").durable().enqueued("b").powerLost().notFound("a");
        assertFound(Invariant.LOST_ACKNOWLEDGEMENT, "a");
    }

    @Test
    void shouldNotTakeALaterAnswerOfAnotherEpochForAProof() {
        history.appended().enqueued("a").powerLost().durable().enqueued("b").notFound("a");
        assertLegal();
    }

    @Test
    void shouldAllowAnEnqueueWithoutAnAnswerToVanishOrToComeLate() {
        history.enqueue(spec("a"));
        history.notFound("a").seen("a", scheduled(0));
        history.enqueue(spec("b"));
        history.notFound("b");
        assertLegal();
    }

    @Test
    void shouldAllowAReadThatOverlapsTheEnqueueToFindNothing() {
        final long enqueue = history.enqueue(spec("a"));
        final long read = history.read("a");
        history.enqueueAnswered(enqueue, OK, 1).notFound(read);
        assertLegal();
    }

    @Test
    void shouldFindALostOutcome() {
        history.enqueued("a");
        history.succeeded(history.granted("a", 1, "w"), "w");
        history.seen("a", running(1));
        assertFound(Invariant.LOST_ACKNOWLEDGEMENT, "a");
    }

    @Test
    void shouldAllowAnAppendedOutcomeToGoWithThePower() {
        history.enqueued("a");
        final Lease lease = history.granted("a", 1, "w");
        history.appended().succeeded(lease, "w").powerLost().durable().seen("a", running(1));
        history.succeeded(lease, "w").seen("a", finished("SUCCEEDED", success(1, "w")));
        assertLegal();
    }

    @Test
    void shouldFindAnotherOutcomeThanTheAcceptedOne() {
        history.enqueued("a");
        history.failed(history.granted("a", 1, "w"), "w");
        history.seen("a", finished("FAILED", expiry(1, "w")));
        assertFound(Invariant.LOST_ACKNOWLEDGEMENT, "a");
    }

    @Test
    void shouldFindAnotherWorkerThanTheOneThatHeldTheLease() {
        history.enqueued("a");
        history.succeeded(history.granted("a", 1, "w"), "w");
        history.seen("a", finished("SUCCEEDED", success(1, "x")));
        assertFound(Invariant.LOST_ACKNOWLEDGEMENT, "a");
    }

    @Test
    void shouldAllowAReportWithoutAnAnswerToCountOrNot() {
        history.enqueued(spec("a", 1)).enqueued("b");
        history.succeeding(history.granted("a", 1, "w"), "w");
        history.succeeding(history.granted("b", 1, "w"), "w");
        history.seen("a", finished("SUCCEEDED", success(1, "w")));
        history.seen("b", running(1)).seen("b", finished("SUCCEEDED", success(1, "w")));
        assertLegal();
    }

    @Test
    void shouldFindAnOutcomeThatWasAlreadyReportedAndIsGone() {
        history.enqueued("a");
        final Lease lease = history.granted("a", 1, "w");
        history.succeeding(lease, "w");
        history.reportAnswered(history.succeeding(lease, "w"), RejectReason.ALREADY_REPORTED.code());
        history.seen("a", running(1));
        assertFound(Invariant.LOST_ACKNOWLEDGEMENT, "a");
    }

    // ---- bytes

    @Test
    void shouldFindAWrongPayload() {
        history.enqueued("a").seen("a", new JobSeen("SCHEDULED", 0, PAYLOAD + 1, 0, List.of()));
        assertFound(Invariant.WRONG_BYTES, "a");
    }

    @Test
    void shouldFindAWrongPayloadOfAGrant() {
        history.enqueued("a").received(history.lease("a", 1, PAYLOAD + 1), "w");
        assertFound(Invariant.WRONG_BYTES, "a");
    }

    @Test
    void shouldFindAResultThatNobodyReported() {
        history.enqueued("a");
        history.succeeding(history.granted("a", 1, "w"), "w");
        history.seen("a", new JobSeen("SUCCEEDED", 1, PAYLOAD, RESULT + 1, List.of(success(1, "w"))));
        assertFound(Invariant.WRONG_BYTES, "a");
    }

    @Test
    void shouldFindTheResultOfAReportThatWasNotTheAcceptedOne() {
        history.enqueued("a");
        final Lease lease = history.granted("a", 1, "w");
        history.succeeded(lease, "w");
        history.reportAnswered(
                history.report(lease, "w", "SUCCEEDED", "", RESULT + 1), RejectReason.ALREADY_REPORTED.code());
        history.seen("a", new JobSeen("SUCCEEDED", 1, PAYLOAD, RESULT + 1, List.of(success(1, "w"))));
        assertFound(Invariant.WRONG_BYTES, "a");
    }

    // ---- duplicates and phantoms

    @Test
    void shouldFindARepeatedEnqueueThatMadeASecondJob() {
        history.enqueued("a").enqueueAnswered(history.enqueue(spec("a")), OK, 2);
        assertFound(Invariant.DUPLICATE_JOB, "a");
    }

    @Test
    void shouldFindTwoDefinitionsUnderOneId() {
        history.enqueued("a").enqueueAnswered(history.enqueue(spec("a", 3)), OK, 1);
        assertFound(Invariant.DUPLICATE_JOB, "a");
    }

    @Test
    void shouldFindALeaseOfAnotherJobKey() {
        final Lease stranger = history.lease("a", 1);
        history.enqueued("a").received(stranger, "w");
        assertFound(Invariant.DUPLICATE_JOB, "a");
    }

    @Test
    void shouldAllowRepeatsAndSecondJobsAfterTheFirstWasLost() {
        history.enqueue(spec("a"));
        history.enqueued("a").enqueued("a");
        history.enqueueAnswered(history.enqueue(spec("a", 3)), RejectReason.JOB_EXISTS.code(), 0);
        history.appended().enqueued("b").powerLost();
        history.enqueueAnswered(history.enqueue(spec("b")), OK, 7);
        assertLegal();
    }

    @Test
    void shouldFindJobsThatNobodyEnqueued() {
        history.seen("a", scheduled(0));
        assertFound(Invariant.PHANTOM_JOB, "a");
    }

    @Test
    void shouldFindALeaseOfAJobThatNobodyEnqueuedYet() {
        final Lease lease = history.lease("a", 1);
        history.received(lease, "w");
        history.enqueue(spec("a"));
        assertFound(Invariant.PHANTOM_JOB, "a");
    }

    @Test
    void shouldFindThatAJobIsSaidToExistWhichNobodyElseEnqueued() {
        history.enqueueAnswered(history.enqueue(spec("a")), RejectReason.JOB_EXISTS.code(), 0);
        assertFound(Invariant.PHANTOM_JOB, "a");
    }

    @Test
    void shouldFindASuccessThatNobodyReported() {
        history.enqueued("a");
        history.granted("a", 1, "w");
        history.seen("a", finished("SUCCEEDED", success(1, "w")));
        assertFound(Invariant.PHANTOM_OUTCOME, "a");
    }

    // ---- leases

    @Test
    void shouldFindALeaseGrantedWhileAnotherLives() {
        history.enqueued(spec("a", 1));
        history.renewed(history.granted("a", 1, "w"), "w");
        history.afterMs(LEASE_MS - 100).granted("a", 2, "x");
        assertFound(Invariant.DOUBLE_LEASE, "a");
    }

    @Test
    void shouldFindASecondLeaseByTheMomentTheFirstCannotBeOlderThan() {
        history.enqueued(spec("a", 1)).afterMs(60_000).enqueued("b");
        history.granted("a", 1, "w");
        history.afterMs(LEASE_MS / 2).granted("a", 2, "x");
        assertFound(Invariant.DOUBLE_LEASE, "a");
    }

    @Test
    void shouldAllowALeaseAfterTheOneBeforeRanOut() {
        history.enqueued(spec("a", 1));
        history.renewed(history.granted("a", 1, "w"), "w");
        history.afterMs(LEASE_MS).granted("a", 2, "x");
        assertLegal();
    }

    @Test
    void shouldAllowALeaseThatWasReceivedLateToHaveRunOut() {
        history.enqueued(spec("a", 1));
        final Lease late = history.lease("a", 1);
        history.afterMs(LEASE_MS).received(late, "w").granted("a", 2, "x");
        assertLegal();
    }

    @Test
    void shouldFindALeaseReceivedBeforeTheEarlierOneThatStillLives() {
        history.enqueued(spec("a", 1));
        final Lease first = history.lease("a", 1);
        final Lease second = history.lease("a", 2);
        history.received(second, "x").received(first, "w");
        assertFound(Invariant.DOUBLE_LEASE, "a");
    }

    @Test
    void shouldAllowALeaseOnceAReportOrReturnOfTheOneBeforeIsOnItsWay() {
        history.enqueued(spec("a", 2));
        history.report(history.granted("a", 1, "w"), "w", "FAILED", "E", 0);
        final Lease second = history.granted("a", 2, "x");
        history.giveBack(second, "x");
        history.granted("a", 2, "y");
        assertLegal();
    }

    @Test
    void shouldAllowAnAppendedLeaseToGoWithThePower() {
        history.enqueued(spec("a", 1)).appended();
        final Lease first = history.granted("a", 1, "w");
        history.renewed(first, "w").powerLost();
        history.granted("a", 1, "x");
        assertLegal();
    }

    @Test
    void shouldAllowALeaseToComeBackWhenThePowerTookTheOneAfterIt() {
        history.enqueued(spec("a", 1));
        final Lease first = history.granted("a", 1, "w");
        history.afterMs(2L * LEASE_MS).appended().granted("a", 2, "x");
        history.powerLost().renewed(first, "w");
        assertLegal();
    }

    @Test
    void shouldFindADurableLeaseThatWentWithThePower() {
        history.enqueued(spec("a", 1));
        history.renewed(history.granted("a", 1, "w"), "w").powerLost().granted("a", 1, "x");
        assertFound(Invariant.DOUBLE_LEASE, "a");
    }

    @Test
    void shouldAllowTheSameLeaseToBeShownAgainAndClaimedAfterAKill() {
        history.enqueued("a");
        final Lease lease = history.granted("a", 1, "w");
        history.received(lease, "w").killed().renewed(lease, "w").received(lease, "w");
        history.succeeded(lease, "w");
        assertLegal();
    }

    @Test
    void shouldFindATokenOfTwoWorkersOrTwoAttempts() {
        history.enqueued("a");
        final Lease lease = history.granted("a", 1, "w");
        history.received(lease, "x");
        assertFound(Invariant.LEASE_TOKEN, "a");
    }

    @Test
    void shouldFindATokenOfTwoJobs() {
        history.enqueued("a").enqueued("b");
        final Lease lease = history.granted("a", 1, "w");
        final Lease other = history.lease("b", 1);
        history.received(
                new Lease(
                        other.job(),
                        other.taskGroup(),
                        0,
                        other.jobKey(),
                        lease.epoch(),
                        lease.token(),
                        1,
                        10,
                        500,
                        LEASE_MS,
                        PAYLOAD),
                "w");
        assertFound(Invariant.LEASE_TOKEN, "b");
    }

    @Test
    void shouldFindALateReport() {
        history.enqueued(spec("a", 1));
        final Lease first = history.granted("a", 1, "w");
        history.afterMs(2L * LEASE_MS);
        history.granted("a", 2, "x");
        history.reportAnswered(history.report(first, "w", "FAILED", "E", 0), OK);
        assertFound(Invariant.LATE_REPORT, "a");
    }

    @Test
    void shouldFindAReportUnderAReturnedLease() {
        history.enqueued("a");
        final Lease first = history.granted("a", 1, "w");
        history.returned(first, "w").succeeded(first, "w");
        assertFound(Invariant.LATE_REPORT, "a");
    }

    @Test
    void shouldAllowAReportThatWasOnItsWayBeforeTheNextLeaseWasReceived() {
        history.enqueued(spec("a", 1));
        final Lease first = history.granted("a", 1, "w");
        final long report = history.report(first, "w", "FAILED", "E", 0);
        final Lease second = history.granted("a", 2, "x");
        history.reportAnswered(report, OK).succeeded(second, "x");
        assertLegal();
    }

    @Test
    void shouldAllowARefusedLateReport() {
        history.enqueued(spec("a", 1));
        final Lease first = history.granted("a", 1, "w");
        history.afterMs(2L * LEASE_MS);
        history.granted("a", 2, "x");
        history.reportAnswered(history.succeeding(first, "w"), RejectReason.LEASE_NOT_FOUND.code());
        assertLegal();
    }

    @Test
    void shouldAllowAnEarlierLeaseToLiveAgainWhenThePowerTookTheLaterOne() {
        history.enqueued("a");
        final Lease first = history.granted("a", 1, "w");
        history.appended().returned(first, "w");
        history.granted("a", 1, "x");
        history.powerLost().durable().renewed(first, "w").succeeded(first, "w");
        assertLegal();
    }

    @Test
    void shouldFindALateHeartbeat() {
        history.enqueued("a");
        final Lease first = history.granted("a", 1, "w");
        history.giveBack(first, "w");
        history.granted("a", 1, "x");
        history.renewed(first, "w");
        assertFound(Invariant.LATE_HEARTBEAT, "a");
    }

    @Test
    void shouldFindAHeartbeatUnderAReportedLease() {
        history.enqueued("a");
        final Lease lease = history.granted("a", 1, "w");
        history.succeeded(lease, "w").renewed(lease, "w");
        assertFound(Invariant.LATE_HEARTBEAT, "a");
    }

    @Test
    void shouldAllowAHeartbeatThatOverlapsTheReport() {
        history.enqueued("a");
        final Lease lease = history.granted("a", 1, "w");
        final long heartbeat = history.heartbeat(lease, "w");
        history.succeeded(lease, "w").heartbeatAnswered(heartbeat, OK);
        assertLegal();
    }

    @Test
    void shouldFindTwoAcceptedOutcomesOfOneAttempt() {
        history.enqueued("a");
        final Lease lease = history.granted("a", 1, "w");
        final long one = history.succeeding(lease, "w");
        final long two = history.succeeding(lease, "w");
        history.reportAnswered(one, OK).reportAnswered(two, OK);
        assertFound(Invariant.DUPLICATE_COMPLETION, "a");
    }

    @Test
    void shouldAllowARepeatedReport() {
        history.enqueued("a");
        final Lease lease = history.granted("a", 1, "w");
        history.succeeding(lease, "w");
        history.succeeded(lease, "w");
        history.reportAnswered(history.succeeding(lease, "w"), RejectReason.ALREADY_REPORTED.code());
        assertLegal();
    }

    // ---- attempts

    @Test
    void shouldFindAnAttemptBeyondTheRetries() {
        history.enqueued(spec("a", 1)).granted("a", 3, "w");
        assertFound(Invariant.ATTEMPT_NUMBER, "a");
    }

    @Test
    void shouldFindAnAttemptThatGoesBack() {
        history.enqueued(spec("a", 2)).granted("a", 2, "w");
        history.afterMs(2L * LEASE_MS).granted("a", 1, "x");
        assertFound(Invariant.ATTEMPT_NUMBER, "a");
    }

    @Test
    void shouldFindANumberThatIsUsedAgainThoughNobodyGaveItBack() {
        history.enqueued(spec("a", 2)).granted("a", 1, "w");
        history.afterMs(2L * LEASE_MS).granted("a", 1, "x");
        assertFound(Invariant.ATTEMPT_NUMBER, "a");
    }

    @Test
    void shouldFindANumberThatIsUsedAgainAfterItsOutcome() {
        history.enqueued(spec("a", 2));
        history.failed(history.granted("a", 1, "w"), "w").killed().granted("a", 1, "x");
        assertFound(Invariant.ATTEMPT_NUMBER, "a");
    }

    @Test
    void shouldAllowANumberToBeUsedAgainAfterAReturnAClosedSessionOrARestart() {
        history.enqueued("a");
        history.giveBack(history.granted("a", 1, "w"), "w");
        history.granted("a", 1, "x");
        history.closed("x").granted("a", 1, "y");
        history.killed().afterMs(2L * LEASE_MS).granted("a", 1, "z");
        assertLegal();
    }

    @Test
    void shouldAllowAGapWhereAGrantWasNeverReceived() {
        history.enqueued(spec("a", 3)).granted("a", 1, "w");
        history.afterMs(5L * LEASE_MS).granted("a", 3, "x");
        assertLegal();
    }

    @Test
    void shouldFindALeaseAfterTheLastFailureOrASuccess() {
        history.enqueued(spec("a", 1)).enqueued(spec("b", 1));
        history.succeeded(history.granted("a", 1, "w"), "w").granted("a", 2, "w");
        assertFound(Invariant.TERMINAL_LEASE, "a");
    }

    @Test
    void shouldFindALeaseBehindAReadOfTheEnd() {
        history.enqueued(spec("a", 1));
        history.succeeding(history.granted("a", 1, "w"), "w");
        history.readAnswered(history.read("a"), finished("SUCCEEDED", success(1, "w")), history.lastPosition());
        history.granted("a", 2, "x");
        assertFound(Invariant.TERMINAL_LEASE, "a");
    }

    @Test
    void shouldAllowALeaseAfterAnAppendedEndWentWithThePower() {
        history.enqueued("a");
        final Lease lease = history.granted("a", 1, "w");
        history.appended().succeeded(lease, "w").powerLost().afterMs(2L * LEASE_MS);
        history.durable().granted("a", 1, "x");
        assertLegal();
    }

    // ---- order

    @Test
    void shouldFindAnUrgentJobThatHadToWait() {
        history.enqueued("first").enqueued("low").enqueued(urgent("high", 1));
        history.granted("low", 1, "w");
        history.granted("high", 1, "w");
        assertFound(Invariant.BROKEN_ORDER, "high");
    }

    @Test
    void shouldFindTheEarlierOfTwoEqualJobsThatHadToWait() {
        history.enqueued("first").enqueued("early").enqueued("late");
        final Lease late = history.lease("late", 1);
        final Lease early = history.lease("early", 1);
        history.received(early, "w").received(late, "w");
        assertFound(Invariant.BROKEN_ORDER, "early");
    }

    @Test
    void shouldAllowAJobToBeGrantedBeforeAnUrgentOneWasThere() {
        history.enqueued("first").enqueued("low");
        final long urgent = history.enqueue(urgent("high", 1));
        history.granted("low", 1, "w");
        history.enqueueAnswered(urgent, OK, 3).granted("high", 1, "w");
        assertLegal();
    }

    @Test
    void shouldAllowAnOrderBrokenByARestartOrAClosedSession() {
        history.enqueued("first").enqueued("low").enqueued(urgent("high", 1)).granted("low", 1, "w");
        history.killed().granted("high", 1, "w");
        history.enqueued("low2").enqueued(urgent("high2", 1)).granted("low2", 1, "w");
        history.closed("x").granted("high2", 1, "w");
        assertLegal();
    }

    // ---- reads

    @Test
    void shouldFindAJobThatVanishedAfterARead() {
        history.enqueue(spec("a"));
        history.seen("a", scheduled(0)).notFound("a");
        assertFound(Invariant.STALE_READ, "a");
    }

    @Test
    void shouldFindAReadThatForgotAnAttempt() {
        history.enqueued(spec("a", 1)).granted("a", 1, "w");
        history.seen("a", scheduled(2, expiry(1, "w"))).seen("a", running(1));
        assertFound(Invariant.STALE_READ, "a");
    }

    @Test
    void shouldFindAReadThatChangedAnAttempt() {
        history.enqueued(spec("a", 2)).granted("a", 1, "w");
        history.seen("a", scheduled(2, expiry(1, "w"))).seen("a", scheduled(2, failure(1, "w")));
        assertFound(Invariant.STALE_READ, "a");
    }

    @Test
    void shouldFindAReadOfAnEarlierPosition() {
        history.enqueued("a");
        history.readAnswered(history.read("a"), scheduled(0), 9).readAnswered(history.read("a"), scheduled(0), 8);
        assertFound(Invariant.STALE_READ, "a");
    }

    @Test
    void shouldFindAReadThatDoesNotKnowAReceivedLease() {
        history.enqueued(spec("a", 2)).granted("a", 2, "w");
        history.seen("a", running(1));
        assertFound(Invariant.STALE_READ, "a");
    }

    @Test
    void shouldAllowOverlappingReadsAnyOrderAndAReturnedFirstAttempt() {
        history.enqueued(spec("a", 1));
        final Lease lease = history.granted("a", 1, "w");
        final long early = history.read("a");
        history.seen("a", running(1)).returned(lease, "w").seen("a", scheduled(0));
        history.readAnswered(early, scheduled(0));
        assertLegal();
    }

    @Test
    void shouldAllowWhatAReadSawToGoWithThePower() {
        history.appended().enqueued("a").seen("a", scheduled(0)).powerLost().notFound("a");
        assertLegal();
    }

    @Test
    void shouldFindReadsThatContradictThemselves() {
        for (final JobSeen seen : List.of(
                running(1, failure(1, "w")),
                scheduled(1, failure(1, "w")),
                scheduled(4, failure(1, "w"), failure(3, "w")),
                scheduled(2, failure(2, "w")),
                new JobSeen("FAILED", 2, PAYLOAD, 0, List.of(failure(1, "w"))),
                new JobSeen("SOMETHING", 1, PAYLOAD, 0, List.of()))) {
            final HistoryBuilder one = new HistoryBuilder();
            one.enqueued(spec("a", 5)).seen("a", seen);
            assertThat(HistoryChecker.check(one.entries()))
                    .as(seen.toString())
                    .extracting(Violation::invariant)
                    .containsOnly(Invariant.IMPOSSIBLE_JOB.label());
        }
    }

    @Test
    void shouldAllowTheLatestHundredAttempts() {
        history.enqueued(spec("a", 500));
        final JobSeen.Ended[] ended = new JobSeen.Ended[100];
        for (int i = 0; i < ended.length; i++) {
            ended[i] = expiry(i + 51, "w");
        }
        history.seen("a", scheduled(151, ended));
        assertLegal();
    }

    // ---- limits

    @Test
    void shouldFindMoreTasksThanALimitAllows() {
        final JobSpec.Limit limit = new JobSpec.Limit("gpu", 1);
        history.enqueued(spec("a", 0, limit)).enqueued(spec("b", 0, limit));
        history.granted("a", 1, "w");
        history.granted("b", 1, "w");
        assertFound(Invariant.LIMIT_OVERRUN, "b");
    }

    @Test
    void shouldJudgeEachTaskByItsOwnMaximum() {
        history.enqueued(spec("a", 0, new JobSpec.Limit("gpu", 1)))
                .enqueued(spec("b", 0, new JobSpec.Limit("gpu", 2)))
                .enqueued(spec("c", 0, new JobSpec.Limit("gpu", 2)));
        final Lease first = history.granted("a", 1, "w");
        history.granted("b", 1, "w");
        history.succeeding(first, "w");
        history.granted("c", 1, "w");
        assertLegal();
    }

    @Test
    void shouldCountTenantsAndKeysApart() {
        history.enqueued(spec("a", 0, new JobSpec.Limit("gpu", 1)))
                .enqueued(spec("b", 0, new JobSpec.Limit("disk", 1)));
        history.granted("a", 1, "w");
        history.granted("b", 1, "w");
        assertLegal();
    }

    // ---- the end

    @Test
    void shouldFindAJobThatWasNotDrainedOrNeverRead() {
        history.enqueued("a").seen("a", scheduled(0)).enqueued("b");
        assertThat(HistoryChecker.check(history.entries(), Expectations.DRAINED))
                .extracting(Violation::invariant)
                .containsExactly(Invariant.NOT_DRAINED.label(), Invariant.NOT_DRAINED.label());
        assertLegal();
    }

    @Test
    void shouldNotExpectWhatThePowerMayHaveTakenToBeDrained() {
        history.appended().enqueued("a").powerLost();
        history.enqueue(spec("b"));
        assertThat(HistoryChecker.check(history.entries(), Expectations.DRAINED))
                .isEmpty();
    }

    @Test
    void shouldFindALossWithoutAnyPlaces() {
        history.withoutPlaces().enqueued("a").notFound("a");
        assertFound(Invariant.LOST_ACKNOWLEDGEMENT, "a");
    }

    @Test
    void shouldRefuseWhatIsNoHistory() {
        final List<Entry> answer = List.of(new Entry.HeartbeatAnswered(1, 7, OK));
        assertThatThrownBy(() -> HistoryChecker.check(answer))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("call 7");
        final Lease lease = history.lease("a", 1);
        final Entry call = new Entry.HeartbeatInvoked(1, 7, "c", "w", lease);
        final List<Entry> twice = List.of(call, call);
        assertThatThrownBy(() -> HistoryChecker.check(twice)).isInstanceOf(IllegalArgumentException.class);
    }
}
