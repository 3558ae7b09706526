package io.silo.simulation.history;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is judged of rate limits. In these histories an entry is 1 ms after the one before. */
class RatesTest {
    /** Of the checker, with what it takes for rounding. */
    private static final int SLACK_MS = 5 + 2;

    private static final int HITS_MAX = 3;
    private static final int DURATION_MS = 3_000;
    private static final JobSpec.Limit LEAKY = limit("leaky", true);
    private static final JobSpec.Limit WINDOW = limit("window", false);
    private static final Expectations CLOCK =
            new Expectations(false, 5, Expectations.FOREVER, new Expectations.Clock(0, 0));

    private final HistoryBuilder history = new HistoryBuilder();
    private int jobs;

    private static JobSpec.Limit limit(String key, boolean isLeaky) {
        return new JobSpec.Limit(key, 0, new JobSpec.Rate(HITS_MAX, DURATION_MS, isLeaky));
    }

    private List<String> found() {
        return found(CLOCK);
    }

    private List<String> found(Expectations expectations) {
        return HistoryChecker.check(history.entries(), expectations).stream()
                .map(Violation::invariant)
                .toList();
    }

    private String enqueue(JobSpec.Limit limit) {
        String id = "job-" + jobs++;
        history.enqueued(HistoryBuilder.spec(id, 0, limit));
        return id;
    }

    /** Jobs that start one after the other, each as soon as it is there. */
    private void start(JobSpec.Limit limit, int count) {
        for (int i = 0; i < count; i++) {
            history.granted(enqueue(limit), 1, "w");
        }
    }

    @Test
    void shouldFindMoreThanTheBurstOfALeakyBucket() {
        start(LEAKY, HITS_MAX);
        assertThat(found()).isEmpty();
        start(LEAKY, 1);
        assertThat(found()).containsExactly("rate-overrun");
    }

    @Test
    void shouldAllowWhatFlowedBack() {
        start(LEAKY, HITS_MAX);
        history.afterMs(1_000);
        start(LEAKY, 1);
        assertThat(found()).isEmpty();
        start(LEAKY, 1);
        assertThat(found()).containsExactly("rate-overrun");
    }

    @Test
    void shouldFindOneThatIsTooMuchAfterALongTime() {
        history.afterMs(100_000);
        for (int i = 0; i < 50; i++) {
            history.afterMs(1_000);
            start(LEAKY, 1);
        }
        assertThat(found()).isEmpty();
        start(LEAKY, HITS_MAX);
        assertThat(found()).containsExactly("rate-overrun");
    }

    @Test
    void shouldAllowTwoWindowsThatMeet() {
        start(WINDOW, 2 * HITS_MAX);
        assertThat(found()).isEmpty();
        start(WINDOW, 1);
        assertThat(found()).containsExactly("rate-overrun");
    }

    @Test
    void shouldAllowAWindowForEachDuration() {
        start(WINDOW, 2 * HITS_MAX);
        for (int i = 0; i < 10; i++) {
            history.afterMs(DURATION_MS);
            start(WINDOW, HITS_MAX);
        }
        assertThat(found()).isEmpty();
    }

    @Test
    void shouldFindWindowsThatAreTooShort() {
        // given: each pair of windows may meet, but not so many of them
        for (int i = 0; i < 10; i++) {
            start(WINDOW, HITS_MAX);
            history.afterMs(DURATION_MS * 3 / 4);
        }

        // then
        assertThat(found()).containsExactly("rate-overrun");
    }

    @Test
    void shouldFindAnyStartWhereNoneIsAllowed() {
        start(new JobSpec.Limit("closed", 0, new JobSpec.Rate(0, DURATION_MS, false)), 1);
        start(new JobSpec.Limit("sealed", 0, new JobSpec.Rate(0, DURATION_MS, true)), 1);
        assertThat(found()).containsExactly("rate-overrun", "rate-overrun");
    }

    @Test
    void shouldNotCountHowLongAnAnswerTook() {
        // given: one that was granted first is received last, when three others have started
        final Lease slow = history.lease(enqueue(LEAKY), 1);
        history.afterMs(2_000);
        start(LEAKY, HITS_MAX);
        history.received(slow, "w");

        // then
        assertThat(found()).isEmpty();
    }

    @Test
    void shouldKnowFromTheLogThatOneStartedEarlier() {
        // given: the first of those is received late, but what is behind it in the log early
        final Lease slow = history.lease(enqueue(LEAKY), 1);
        start(LEAKY, HITS_MAX);
        history.afterMs(10_000);
        history.received(slow, "w");

        // then
        assertThat(found()).containsExactly("rate-overrun");
    }

    @Test
    void shouldKnowFromTheLogThatOneStartedLater() {
        // given: jobs that wait long; what was called last lies before their leases
        final List<String> waiting = new ArrayList<>();
        for (int i = 0; i < HITS_MAX + 1; i++) {
            waiting.add(enqueue(LEAKY));
        }
        history.afterMs(10_000);
        waiting.subList(0, HITS_MAX).forEach(id -> history.granted(id, 1, "w"));
        history.granted(waiting.get(HITS_MAX), 1, "w");
        assertThat(found()).as("they may have started any time").isEmpty();

        // when
        start(LEAKY, HITS_MAX + 1);

        // then
        assertThat(found()).containsExactly("rate-overrun");
    }

    @Test
    void shouldKnowThatNothingStartsBeforeItIsDue() {
        // given: leases of jobs that were due at 500 ms, of a clock that began at -20 s
        final Expectations late =
                new Expectations(false, 5, Expectations.FOREVER, new Expectations.Clock(500 - 10_000, 0));
        final List<String> waiting = new ArrayList<>();
        for (int i = 0; i < HITS_MAX + 1; i++) {
            waiting.add(enqueue(LEAKY));
        }
        history.afterMs(9_000);
        waiting.forEach(id -> history.granted(id, 1, "w"));

        // then
        assertThat(found()).isEmpty();
        assertThat(found(late)).containsExactly("rate-overrun");
    }

    @Test
    void shouldCountOnOverARestart() {
        start(LEAKY, HITS_MAX);
        history.killed();
        start(LEAKY, 1);
        assertThat(found()).containsExactly("rate-overrun");
        assertThat(found(new Expectations(false, 5)))
                .as("the wall clock may have jumped")
                .isEmpty();
    }

    @Test
    void shouldCountEachEpochWhereNoClockIsKnown() {
        history.killed();
        start(LEAKY, HITS_MAX + 1);
        assertThat(found(new Expectations(false, 5))).containsExactly("rate-overrun");
    }

    @Test
    void shouldNotCountWhatPowerMayHaveTaken() {
        history.appended();
        start(LEAKY, HITS_MAX);
        history.durable().powerLost();
        start(LEAKY, HITS_MAX);
        assertThat(found()).isEmpty();
    }

    @Test
    void shouldCountWhatPowerCannotHaveTaken() {
        start(LEAKY, HITS_MAX);
        history.powerLost();
        start(LEAKY, 1);
        assertThat(found()).containsExactly("rate-overrun");
    }

    @Test
    void shouldCountEachStartOfAJobOnceHoweverOftenItIsShown() {
        final Lease lease = history.granted(enqueue(LEAKY), 1, "w");
        for (int i = 0; i < HITS_MAX + 1; i++) {
            history.received(lease, "w");
        }
        assertThat(found()).isEmpty();
    }

    @Test
    void shouldCountStartsThatWereGivenBack() {
        final String id = enqueue(LEAKY);
        for (int i = 0; i < HITS_MAX + 1; i++) {
            history.returned(history.granted(id, 1, "w"), "w");
        }
        assertThat(found()).containsExactly("rate-overrun");
    }

    @Test
    void shouldSayNothingOfJobsThatOthersOperatedOn() {
        final String id = enqueue(LEAKY);
        history.change(id, Entry.Change.EXPEDITE);
        history.granted(id, 1, "w");
        start(LEAKY, HITS_MAX);
        assertThat(found()).isEmpty();
    }

    @Test
    void shouldSayNothingOfABucketOnWhoseTermsJobsDisagree() {
        start(LEAKY, HITS_MAX);
        start(new JobSpec.Limit("leaky", 0, new JobSpec.Rate(HITS_MAX + 1, DURATION_MS, true)), HITS_MAX);
        assertThat(found()).isEmpty();
    }

    @Test
    void shouldCountEachBucketByItself() {
        start(LEAKY, HITS_MAX);
        start(limit("other", true), HITS_MAX);
        start(WINDOW, HITS_MAX);
        assertThat(found()).isEmpty();
    }

    @Test
    void shouldForgiveTheSlackOfTheClock() {
        // given: a hit flows back each second, and an enqueue and a grant take 3 ms each
        start(LEAKY, HITS_MAX);
        history.afterMs(1_000 - 3 * 3 - 2 - SLACK_MS + 1);
        start(LEAKY, 1);
        assertThat(found()).isEmpty();
    }
}
