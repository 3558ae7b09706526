package io.silo.shard;

import static io.silo.shard.TestRate.MINUTE_MS;
import static io.silo.shard.TestRate.item;
import static io.silo.shard.TestRate.rate;
import static org.assertj.core.api.Assertions.assertThat;

import io.silo.protocol.command.PauseKind;
import io.silo.shard.TestClient.Item;
import io.silo.shard.TestClient.Task;
import io.silo.shard.command.ShardSettings;
import io.silo.shard.rate.RateAnswer;
import io.silo.shard.rate.RateService;
import io.silo.shard.state.JobState;
import io.silo.shard.state.RateTerms;
import io.silo.shard.state.ShardCounters.Figure;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Rate limits that a service answers: who is asked when, and a service that is slow, wrong, gone, and back. */
class RateServiceTest {
    /** Behind the reset of a window: nobody asks at the very moment. */
    private static final long NEXT_WINDOW_MS = MINUTE_MS + 1;

    private ScriptedRates service;
    private final ShardHarness harness = new ShardHarness(1, List.of(ShardSettings.whole(0)), 512 * 1024, h -> {
        service = new ScriptedRates(() -> h.wallMs);
        h.rates = service;
    });
    private TestClient client = new TestClient(harness, 1);
    private TestVerbs verbs = new TestVerbs(client);
    private TestLimits limits = new TestLimits(client);

    /** A worker asks, and asks again once the service has answered. */
    private List<Task> lease(int max) {
        List<Task> tasks = new ArrayList<>(client.lease("w", "g", max, 0));
        harness.run();
        harness.shard.checkInvariants();
        if (tasks.size() < max) {
            tasks.addAll(client.lease("w", "g", max - tasks.size(), 0));
            harness.shard.checkInvariants();
        }
        return tasks;
    }

    private List<String> ids() {
        return lease(100).stream().map(Task::id).toList();
    }

    private void restart() {
        harness.kill();
        client = new TestClient(harness, 2);
        verbs = new TestVerbs(client);
        limits = new TestLimits(client);
    }

    private long figure(Figure figure) {
        return harness.shard.counters().get(figure);
    }

    @Test
    void shouldStartWhatTheServiceLetsPassAndNoMore() {
        for (int i = 0; i < 7; i++) {
            client.enqueueEach(item("j" + i, rate(3, MINUTE_MS)));
        }
        assertThat(ids()).containsExactly("j0", "j1", "j2");
        harness.pass(NEXT_WINDOW_MS - 1);
        assertThat(ids()).isEmpty();
        harness.pass(1);
        // One finds out, then the others follow.
        assertThat(ids()).containsExactly("j3");
        assertThat(ids()).containsExactly("j4", "j5");
        assertThat(harness.shard.view().rates().count()).as("buckets kept here").isZero();
        assertThat(figure(Figure.RATE_ANSWERS_PASS)).isEqualTo(6);
    }

    /** RATE-10. */
    @Test
    void shouldAnswerAWaitingCallWithAllThatPass() {
        for (int i = 0; i < 6; i++) {
            client.enqueueEach(item("j" + i, rate(5, MINUTE_MS)));
        }
        long call = client.sendLease("w", "g", 10, 5_000, 0);
        harness.run();
        ShardHarness.Reply reply = harness.take().get(0);
        assertThat(TestClient.correlation(reply)).isEqualTo(call);
        assertThat(TestClient.tasks(reply)).extracting(Task::id).containsExactly("j0", "j1", "j2", "j3", "j4");
        assertThat(ids()).isEmpty();
        assertThat(service.asked).hasSize(6);
        harness.pass(MINUTE_MS - 1_000);
        assertThat(ids()).isEmpty();
        assertThat(service.asked).as("nobody asks before the limit begins anew").hasSize(6);
        harness.pass(1_001);
        assertThat(ids()).containsExactly("j5");
    }

    @Test
    void shouldAskWhatTheJobSays() {
        TestRate leaky = rate(60, MINUTE_MS);
        leaky.leaky = true;
        leaky.burst = 7;
        leaky.hits = 2;
        leaky.flags = RateTerms.DRAIN;
        Item item = item("a", leaky);
        item.tenant = "t";
        client.enqueueEach(item);
        assertThat(ids()).containsExactly("a");
        assertThat(service.asked)
                .extracting(ask -> List.of(
                        ask.tenant(),
                        ask.name(),
                        ask.key(),
                        ask.hits(),
                        ask.hitsMax(),
                        ask.durationMs(),
                        ask.burst(),
                        ask.flags(),
                        ask.leaky()))
                .containsExactly(List.of("t", "api", "customer", 2L, 60L, MINUTE_MS, 7L, RateTerms.DRAIN, true));
    }

    @Test
    void shouldAskForNobodyWithoutAWorkerAndForNoMoreThanAreWanted() {
        for (int i = 0; i < 50; i++) {
            client.enqueueEach(item("j" + i, new TestRate("api", "k" + i, 100, MINUTE_MS)));
        }
        harness.pass(5_000);
        assertThat(service.asked).isEmpty();
        client.subscribe(7, "w", "g", 3);
        harness.run();
        assertThat(client.pushed()).hasSize(3);
        harness.pass(5_000);
        assertThat(service.asked).hasSize(3);
    }

    @Test
    void shouldNotAskForWhatIsPaused() {
        client.enqueueEach(item("a", rate(1, MINUTE_MS)));
        Item other = item("b", rate(1, MINUTE_MS));
        other.tenant = "t";
        client.enqueueEach(other);
        verbs.setPaused(PauseKind.TENANT, "t", true);
        verbs.setPaused(PauseKind.TASK_GROUP, "g", true);
        client.subscribe(7, "w", "g", 9);
        harness.pass(1_000);
        assertThat(service.asked).isEmpty();
        verbs.setPaused(PauseKind.TASK_GROUP, "g", false);
        harness.pass(1_000);
        assertThat(service.asked).extracting(ScriptedRates.Ask::tenant).containsExactly("-");
        verbs.setPaused(PauseKind.TENANT, "t", false);
        harness.pass(1_000);
        assertThat(service.asked).hasSize(2);
    }

    @Test
    void shouldWaitWithGrowingBackoffWhileTheServiceIsGoneAndGoOnWhenItIsBack() {
        TestRate patient = rate(5, MINUTE_MS);
        patient.initialBackoffMs = 1_000;
        patient.backoffPermille = 2_000;
        patient.maxBackoffMs = 20_000;
        for (int i = 0; i < 3; i++) {
            client.enqueueEach(item("j" + i, patient));
        }
        service.isGone = true;
        client.subscribe(7, "w", "g", 9);
        harness.run();
        assertThat(client.pushed()).isEmpty();
        // All three were on their way together.
        assertThat(service.asked).hasSize(3);
        harness.pass(60_000);
        assertThat(client.pushed()).isEmpty();
        int asked = service.asked.size();
        assertThat(asked).isBetween(6, 9);
        assertThat(limits.situation("j0")).isEqualTo("RATE_LIMITED");
        assertThat(limits.<String>explain("j0", r -> r.rateStage().name())).isEqualTo("UNAVAILABLE");
        assertThat(limits.<Long>explain("j0", r -> r.enoughInMs())).isBetween(1L, 20_000L);
        assertThat(limits.<Long>explain("j2", r -> r.before())).isEqualTo(2);
        service.isGone = false;
        harness.pass(20_000);
        assertThat(client.pushed()).extracting(Task::id).containsExactly("j0", "j1", "j2");
        assertThat(service.asked).hasSize(asked + 3);
    }

    /** However many wait: one limit is one question at a time while it lets nobody pass. */
    @Test
    void shouldAskLittleForManyWhileTheServiceIsGone() {
        TestRate hasty = rate(1_000, MINUTE_MS);
        hasty.initialBackoffMs = 0;
        for (int i = 0; i < 2_000; i++) {
            client.enqueueEach(item("j" + i, hasty));
        }
        service.isGone = true;
        client.subscribe(7, "w", "g", 1_000);
        for (int ms = 0; ms < 10_000; ms++) {
            harness.advance(1);
            harness.run();
        }
        harness.shard.checkInvariants();
        assertThat(service.asked.size()).as("questions in ten seconds").isLessThan(64 + 30);
    }

    @Test
    void shouldGiveUpASlowAnswerAndDropItWhenItComes() {
        client.enqueueEach(item("a", rate(1, MINUTE_MS)));
        service.isHeld = true;
        client.lease("w", "g", 1, 0);
        harness.run();
        assertThat(limits.<String>explain("a", r -> r.rateStage().name())).isEqualTo("ASKED");
        harness.pass(ScriptedRates.ANSWER_MS_MAX);
        assertThat(figure(Figure.RATE_ASKS_UNDER_WAY)).isEqualTo(1);
        harness.pass(500);
        assertThat(figure(Figure.RATE_ANSWERS_ERROR)).isEqualTo(1);
        assertThat(figure(Figure.RATE_ASKS_UNDER_WAY)).isZero();
        service.answerNext(RateAnswer.PASS, 0);
        harness.run();
        assertThat(figure(Figure.RATE_ANSWERS_DROPPED)).isEqualTo(1);
        assertThat(client.lease("w", "g", 1, 0)).isEmpty();
        harness.pass(1_000);
        service.isHeld = false;
        assertThat(ids()).containsExactly("a");
    }

    @Test
    void shouldBelieveNothingThatItDidNotAskFor() {
        client.enqueueEach(item("a", rate(1, MINUTE_MS)), item("b", rate(1, MINUTE_MS)));
        service.isHeld = true;
        client.lease("w", "g", 1, 0);
        harness.run();
        long id = service.asked.get(0).id();
        for (long wrong : new long[] {0, -1, id + 1, id - 1, id + 1_024, Long.MIN_VALUE, Long.MAX_VALUE}) {
            service.answers.add(new ScriptedRates.Answer(wrong, RateAnswer.PASS, 0));
        }
        harness.run();
        assertThat(figure(Figure.RATE_ANSWERS_DROPPED)).isEqualTo(7);
        assertThat(client.lease("w", "g", 9, 0)).isEmpty();
        service.answers.add(new ScriptedRates.Answer(id, RateAnswer.OVER, 0));
        service.answers.add(new ScriptedRates.Answer(id, RateAnswer.PASS, 0));
        harness.run();
        harness.shard.checkInvariants();
        assertThat(client.lease("w", "g", 9, 0)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, Long.MIN_VALUE, Long.MAX_VALUE, 999_999})
    void shouldNotAskInALoopWhateverTimeTheServiceTells(long resetAtMs) {
        TestRate hasty = rate(1, MINUTE_MS);
        hasty.initialBackoffMs = 0;
        client.enqueueEach(item("a", hasty));
        client.subscribe(7, "w", "g", 1);
        service.isHeld = true;
        for (int ms = 0; ms < 1_000; ms++) {
            harness.run();
            if (!service.open.isEmpty()) {
                service.answerNext(RateAnswer.OVER, resetAtMs);
            }
            harness.advance(1);
        }
        harness.shard.checkInvariants();
        assertThat(service.asked.size()).isBetween(1, 10);
    }

    @Test
    void shouldDropTheAnswerForAJobThatWasCancelledMeanwhile() {
        client.enqueueEach(item("a", rate(1, MINUTE_MS)), item("b", rate(1, MINUTE_MS)));
        service.isHeld = true;
        client.lease("w", "g", 1, 0);
        harness.run();
        assertThat(verbs.cancel("a")).isEqualTo("OK");
        assertThat(figure(Figure.RATE_ASKS_UNDER_WAY)).isLessThanOrEqualTo(1);
        service.answerNext(RateAnswer.PASS, 0);
        harness.run();
        harness.shard.checkInvariants();
        assertThat(figure(Figure.RATE_ASKS_UNDER_WAY)).isZero();
        // The pass was a's, and is nobody's.
        assertThat(client.lease("w", "g", 1, 0)).isEmpty();
        harness.run();
        assertThat(service.asked).hasSize(2);
        assertThat(verbs.restart("a")).isEqualTo("OK");
        assertThat(verbs.delete("b")).isNotEqualTo("OK");
        harness.shard.checkInvariants();
    }

    @Test
    void shouldAskAnewForATaskThatCameBack() {
        client.enqueueEach(item("a", rate(5, MINUTE_MS)));
        Task task = lease(1).get(0);
        client.giveBack("w", task);
        assertThat(ids()).containsExactly("a");
        assertThat(service.asked).hasSize(2);
    }

    @Test
    void shouldAskAnewAfterARestart() {
        client.enqueueEach(item("a", rate(1, MINUTE_MS)));
        client.lease("w", "g", 1, 0);
        harness.run();
        assertThat(limits.situation("a")).isEqualTo("READY");
        long digest = harness.shard.view().digest();
        restart();
        assertThat(harness.shard.view().digest()).isEqualTo(digest);
        harness.shard.checkInvariants();
        assertThat(ids()).as("hits were spent on nobody").isEmpty();
        harness.pass(NEXT_WINDOW_MS);
        assertThat(ids()).containsExactly("a");
    }

    @Test
    void shouldAskAnewWhenAPassIsTooOld() {
        client.enqueueEach(item("a", rate(1, MINUTE_MS)), item("b", rate(1, MINUTE_MS)));
        client.lease("w", "g", 1, 0);
        harness.run();
        assertThat(limits.situation("a")).isEqualTo("READY");
        harness.pass(NEXT_WINDOW_MS);
        // Its window is over: to start now would be a start of the next one.
        assertThat(client.lease("w", "g", 1, 0)).isEmpty();
        harness.run();
        assertThat(service.asked).hasSize(2);
        assertThat(client.lease("w", "g", 9, 0)).extracting(Task::id).containsExactly("a");
        assertThat(ids()).isEmpty();
    }

    @Test
    void shouldWaitForRoomAtTheService() {
        service.openMax = 2;
        service.isHeld = true;
        for (int i = 0; i < 10; i++) {
            client.enqueueEach(item("j" + i, new TestRate("api", "k" + i, 1, MINUTE_MS)));
        }
        client.subscribe(7, "w", "g", 10);
        harness.run();
        assertThat(service.asked).hasSize(2);
        assertThat(limits.<String>explain("j5", r -> r.rateStage().name())).isEqualTo("TO_BE_ASKED");
        List<Task> started = new ArrayList<>();
        service.isHeld = false;
        harness.run();
        started.addAll(client.pushed());
        for (int i = 0; i < 10; i++) {
            harness.pass(1);
            started.addAll(client.pushed());
        }
        assertThat(started).hasSize(10);
    }

    @Test
    void shouldAskForSeveralLimitsOneAfterAnotherAndSpendEachOnce() {
        Item item = item("a", new TestRate("first", "k", 5, MINUTE_MS), new TestRate("second", "k", 5, MINUTE_MS));
        item.limits.put("slots", 1);
        Item holder = new Item("holder");
        holder.limits.put("slots", 1);
        holder.leaseMs = 3_600_000;
        client.enqueueEach(holder, item);
        Task held = client.lease("w", 1).get(0);
        assertThat(ids()).isEmpty();
        assertThat(service.asked).as("a job that lacks a slot spends no hits").isEmpty();
        client.succeed(held, "");
        service.isHeld = true;
        client.lease("w", "g", 1, 0);
        harness.run();
        assertThat(service.asked).extracting(ScriptedRates.Ask::name).containsExactly("first");
        service.answerNext(RateAnswer.PASS, harness.wallMs + MINUTE_MS);
        harness.run();
        assertThat(service.asked).extracting(ScriptedRates.Ask::name).containsExactly("first", "second");
        service.answerNext(RateAnswer.OVER, harness.wallMs + 10_000);
        harness.run();
        harness.shard.checkInvariants();
        assertThat(limits.<String>explain("a", r -> r.rateStage().name())).isEqualTo("OVER");
        assertThat(limits.<Long>explain("a", r -> r.enoughInMs())).isEqualTo(10_001);
        service.isHeld = false;
        harness.pass(10_001);
        assertThat(ids()).containsExactly("a");
        assertThat(service.asked).extracting(ScriptedRates.Ask::name).containsExactly("first", "second", "second");
    }

    /** RATE-4, RATE-6: the jobs that may not wait for ever. */
    @Test
    void shouldEndAnAttemptThatWasOverTooOften() {
        TestRate impatient = rate(1, 10 * MINUTE_MS);
        impatient.maxRetries = 2;
        impatient.initialBackoffMs = 1_000;
        impatient.maxBackoffMs = 1_000;
        client.enqueueEach(item("a", rate(1, 10 * MINUTE_MS)), item("b", impatient), item("c", impatient));
        client.subscribe(7, "w", "g", 9);
        harness.run();
        assertThat(client.pushed()).extracting(Task::id).containsExactly("a");
        assertThat(limits.<String>explain("b", r -> r.rateStage().name())).isEqualTo("OVER");
        harness.pass(1_500);
        assertThat(client.get("b").status()).isEqualTo("SCHEDULED");
        harness.pass(1_500);
        assertThat(client.get("b").status()).isEqualTo("FAILED");
        assertThat(client.get("b").errorCode()).isEqualTo("RATE_LIMIT_EXCEEDED");
        for (int i = 0; i < 20; i++) {
            harness.pass(500);
        }
        assertThat(client.get("c").errorCode()).isEqualTo("RATE_LIMIT_EXCEEDED");
        harness.shard.checkInvariants();
    }

    @Test
    void shouldEndAnAttemptThatNobodyAnsweredForTooOften() {
        TestRate impatient = rate(1, MINUTE_MS);
        impatient.maxRetries = 2;
        impatient.initialBackoffMs = 1_000;
        client.enqueueEach(item("b", impatient), item("patient", rate(1, MINUTE_MS)));
        service.isGone = true;
        client.subscribe(7, "w", "g", 9);
        for (int i = 0; i < 20; i++) {
            harness.pass(500);
        }
        assertThat(client.get("b").status()).isEqualTo("FAILED");
        assertThat(client.get("b").errorCode()).isEqualTo("RATE_LIMIT_UNAVAILABLE");
        assertThat(client.get("patient").status()).isEqualTo("SCHEDULED");
    }

    @Test
    void shouldForgetMissesOnceALimitLetsPass() {
        TestRate impatient = rate(10, MINUTE_MS);
        impatient.maxRetries = 1;
        impatient.initialBackoffMs = 1_000;
        service.isGone = true;
        client.enqueueEach(item("a", impatient));
        client.subscribe(7, "w", "g", 9);
        harness.run();
        service.isGone = false;
        harness.pass(1_000);
        assertThat(client.pushed()).extracting(Task::id).containsExactly("a");
        harness.pass(60_000);
        assertThat(client.get("a").status()).isEqualTo("RUNNING");
    }

    @Test
    void shouldLetAHopelessJobWaitUnaskedAndOthersPass() {
        TestRate hopeless = rate(2, MINUTE_MS);
        hopeless.hits = 3;
        client.enqueueEach(item("never", hopeless), item("a", rate(2, MINUTE_MS)));
        assertThat(ids()).containsExactly("a");
        harness.pass(10 * MINUTE_MS);
        assertThat(ids()).isEmpty();
        assertThat(service.asked).hasSize(1);
        assertThat(limits.<Long>explain("never", r -> r.enoughInMs())).isEqualTo(-1);
    }

    /** What a worker leases by its id passes all limits. */
    @Test
    void shouldLeaseByIdUnasked() {
        client.enqueueEach(item("a", rate(1, MINUTE_MS)), item("b", rate(1, MINUTE_MS)));
        service.isHeld = true;
        client.lease("w", "g", 1, 0);
        harness.run();
        assertThat(verbs.lease("a", "w", 0)).isNotNull();
        assertThat(verbs.lease("b", "w", 0)).isNotNull();
        harness.shard.checkInvariants();
        service.answerAll();
        harness.run();
        harness.shard.checkInvariants();
        assertThat(service.asked).hasSize(1);
    }

    /** What a shard without a service has in its buckets stays in the log and goes when its time comes. */
    @Test
    void shouldTakeOverFromBucketsOfItsOwn() {
        harness.rates = RateService.NONE;
        restart();
        client.enqueueEach(item("a", rate(1, MINUTE_MS)), item("b", rate(1, MINUTE_MS)));
        assertThat(ids()).containsExactly("a");
        harness.rates = service;
        long digest = harness.shard.view().digest();
        restart();
        assertThat(harness.shard.view().digest()).isEqualTo(digest);
        assertThat(harness.shard.view().rates().count()).isEqualTo(1);
        assertThat(ids()).containsExactly("b");
        harness.pass(NEXT_WINDOW_MS);
        assertThat(harness.shard.view().rates().count()).isZero();
        harness.rates = RateService.NONE;
        restart();
        harness.shard.checkInvariants();
    }

    /** Anything at any time, and in the end all that can run does, once for each time that it was let pass. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8})
    void shouldComeThroughAnythingAndStartNothingUnasked(int seed) {
        SplittableRandom random = new SplittableRandom(seed);
        Set<String> running = new HashSet<>();
        List<Task> leased = new ArrayList<>();
        Map<String, List<TestRate>> ratesOf = new HashMap<>();
        Map<String, Integer> starts = new HashMap<>();
        int jobs = 0;
        for (int step = 0; step < 1_500; step++) {
            switch (random.nextInt(12)) {
                case 0, 1, 2 -> {
                    Item item = randomItem("j" + jobs++, random);
                    ratesOf.put(item.id, item.rates);
                    client.enqueueEach(item);
                }
                case 3, 4 -> {
                    for (Task task : client.lease("w", "g" + random.nextInt(2), 1 + random.nextInt(5), 0)) {
                        assertThat(running.add(task.id())).isTrue();
                        countStart(ratesOf.get(task.id()), starts);
                        leased.add(task);
                    }
                }
                case 5 -> service.isHeld = random.nextBoolean();
                case 6 -> service.isGone = random.nextInt(4) == 0;
                case 7 -> service.openMax = random.nextInt(20);
                case 8 -> harness.pass(random.nextInt(3_000));
                case 9 -> {
                    if (!leased.isEmpty()) {
                        Task task = leased.remove(random.nextInt(leased.size()));
                        running.remove(task.id());
                        int ignored = random.nextBoolean() ? client.succeed(task, "") : client.giveBack("w", task);
                    }
                }
                case 10 -> {
                    String id = "j" + random.nextInt(Math.max(1, jobs));
                    String ignored = random.nextBoolean() ? verbs.cancel(id) : verbs.restart(id);
                }
                default -> {
                    if (random.nextInt(20) == 0) {
                        restart();
                        service.open.clear();
                        service.answers.clear();
                    }
                }
            }
            harness.run();
            harness.shard.checkInvariants();
        }
        service.isHeld = false;
        service.isGone = false;
        service.openMax = Integer.MAX_VALUE;
        for (Task task : leased) {
            client.succeed(task, "");
        }
        for (int round = 0; round < 400 && harness.shard.view().jobCount(JobState.SCHEDULED) > 0; round++) {
            harness.pass(1_000);
            for (String group : List.of("g0", "g1")) {
                for (Task task : client.lease("w", group, 50, 0)) {
                    countStart(ratesOf.get(task.id()), starts);
                    client.succeed(task, "");
                }
            }
        }
        assertThat(harness.shard.view().jobCount(JobState.SCHEDULED)).isZero();
        harness.pass(10 * MINUTE_MS);
        assertThat(figure(Figure.RATE_ASKS_UNDER_WAY)).isZero();
    }

    private void countStart(List<TestRate> rates, Map<String, Integer> starts) {
        for (TestRate rate : rates) {
            assertThat(starts.merge(rate.name, 1, Integer::sum))
                    .as("starts that name " + rate.name)
                    .isLessThanOrEqualTo(service.passes.getOrDefault(rate.name, 0));
        }
    }

    private static Item randomItem(String id, SplittableRandom random) {
        Item item = new Item(id);
        item.taskGroup = "g" + random.nextInt(2);
        item.tenant = random.nextInt(4) == 0 ? "t" : "";
        item.priority = random.nextInt(3);
        item.leaseMs = 3_600_000;
        for (int i = random.nextInt(3); i > 0; i--) {
            TestRate rate = new TestRate("n" + i, "k" + random.nextInt(3), 1 + random.nextInt(5), 2_000);
            rate.hits = random.nextInt(2);
            rate.initialBackoffMs = random.nextInt(500);
            rate.maxRetries = random.nextInt(4) == 0 ? 3 : 0;
            item.rates.add(rate);
        }
        if (random.nextBoolean()) {
            item.limits.put("slots" + random.nextInt(2), 1 + random.nextInt(2));
        }
        return item;
    }
}
