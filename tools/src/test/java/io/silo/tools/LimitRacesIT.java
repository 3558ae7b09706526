package io.silo.tools;

import static org.assertj.core.api.Assertions.assertThat;

import io.silo.client.EnqueueResult;
import io.silo.client.JobHandle;
import io.silo.client.JobRequest;
import io.silo.client.JobStatus;
import io.silo.client.LimitSummary;
import io.silo.client.RetryPolicy;
import io.silo.client.SiloException;
import io.silo.client.SiloWorker;
import io.silo.client.Task;
import io.silo.client.TaskResult;
import io.silo.protocol.RejectReason;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Many threads enqueue, run, fail and cancel under few limits of a real server, all at once. */
@Timeout(120)
class LimitRacesIT extends ServerFixture {
    private static final Duration SOON = Duration.ofSeconds(60);

    /** Runs of each key that go on now, and the most that ever did. */
    private final Map<String, AtomicInteger> running = new ConcurrentHashMap<>();

    private final Map<String, AtomicInteger> most = new ConcurrentHashMap<>();
    private final Map<String, AtomicInteger> started = new ConcurrentHashMap<>();
    private final Map<String, AtomicInteger> succeeded = new ConcurrentHashMap<>();

    private static AtomicInteger of(Map<String, AtomicInteger> counts, String key) {
        return counts.computeIfAbsent(key, name -> new AtomicInteger());
    }

    /** The key is the payload. */
    private TaskResult run(Task task, int failurePercent) throws InterruptedException {
        final String key = task.payload().text();
        of(started, task.id()).incrementAndGet();
        of(most, key).accumulateAndGet(of(running, key).incrementAndGet(), Math::max);
        Thread.sleep(ThreadLocalRandom.current().nextInt(6));
        of(running, key).decrementAndGet();
        if (ThreadLocalRandom.current().nextInt(100) < failurePercent) {
            return TaskResult.fail("BY_CHANCE", "");
        }
        of(succeeded, task.id()).incrementAndGet();
        return TaskResult.success();
    }

    private List<SiloWorker> workers(String group, int count, int concurrency, int failurePercent) {
        return IntStream.range(0, count)
                .mapToObj(i -> SiloWorker.with(client)
                        .taskGroup(group)
                        .workerId(group + "-" + i)
                        .concurrency(concurrency)
                        .stopTimeout(SOON)
                        .handler(task -> run(task, failurePercent))
                        .start())
                .toList();
    }

    private static void assertNobodyHolds(String... keys) {
        for (LimitSummary limit : client.limits().list("")) {
            if (List.of(keys).contains(limit.key())) {
                assertThat(limit.holders()).as(limit.toString()).isZero();
                assertThat(limit.waiting()).as(limit.toString()).isZero();
            }
        }
    }

    /** CONC-9, DST-16: keys with room for 1, 2 and 5, enqueued by many threads while many workers ask. */
    @Test
    void shouldNotExceedLimitsWhoeverEnqueuesAndAsks() {
        final Map<String, Integer> maxima = Map.of("one", 1, "two", 2, "five", 5);
        final Queue<JobHandle> handles = new ConcurrentLinkedQueue<>();
        final List<SiloWorker> workers = workers("mixed", 4, 8, 20);
        try {
            final List<CompletableFuture<Void>> producers = new ArrayList<>();
            for (int producer = 0; producer < 8; producer++) {
                producers.add(CompletableFuture.runAsync(() -> {
                    for (int i = 0; i < 5; i++) {
                        maxima.forEach((key, max) -> handles.add(client.enqueue(JobRequest.to("mixed")
                                .limit(key, max)
                                .payload(key)
                                .retry(RetryPolicy.fixed(2, Duration.ofMillis(20)))
                                .build())));
                    }
                }));
            }
            producers.forEach(CompletableFuture::join);
            assertThat(handles).hasSize(8 * 5 * maxima.size());
            handles.forEach(handle -> await(() -> handle.get().status().isTerminal()));
        } finally {
            workers.forEach(SiloWorker::close);
        }
        maxima.forEach((key, max) -> assertThat(of(most, key)).as(key).hasValueBetween(1, max));
        assertThat(succeeded.values()).as("runs that succeeded of one job").allMatch(runs -> runs.get() == 1);
        assertNobodyHolds("one", "two", "five");
    }

    /** DST-17, CONC-26: one key with room for 5, and workers that report at once; and a mutex, which never has two holders. */
    @Test
    void shouldGiveNoTaskTwiceWhenManyReportAtOnce() {
        final List<JobRequest> jobs = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            jobs.add(JobRequest.to("race")
                    .id("five-" + i)
                    .limit("race-five", 5)
                    .payload("race-five")
                    .build());
            jobs.add(JobRequest.to("race")
                    .id("mutex-" + i)
                    .limit("race-mutex", 1)
                    .payload("race-mutex")
                    .build());
        }
        final List<SiloWorker> workers = workers("race", 8, 4, 0);
        try {
            assertThat(client.enqueueAll(jobs)).allMatch(EnqueueResult::isAccepted);
            await(() -> succeeded.size() == jobs.size());
            jobs.forEach(job -> await(() -> client.getJob(job.id()).status() == JobStatus.SUCCEEDED));
        } finally {
            workers.forEach(SiloWorker::close);
        }
        assertThat(of(most, "race-five")).hasValueBetween(1, 5);
        assertThat(of(most, "race-mutex")).hasValue(1);
        assertThat(started.values()).as("runs of one job").hasSize(jobs.size()).allMatch(runs -> runs.get() == 1);
        assertNobodyHolds("race-five", "race-mutex");
    }

    /** CONC-21: retries, failures, expiries and cancels of waiting and of running jobs, and in the end nobody holds a slot. */
    @Test
    void shouldHoldNothingOnceAllHasEnded() {
        final List<JobHandle> handles = new ArrayList<>();
        final SiloWorker worker = SiloWorker.with(client)
                .taskGroup("drain")
                .concurrency(16)
                .stopTimeout(SOON)
                .handler(task -> {
                    final ThreadLocalRandom random = ThreadLocalRandom.current();
                    // Some run for longer than they may, and lose their lease.
                    Thread.sleep(random.nextInt(8) == 0 ? 400 : random.nextInt(10));
                    return random.nextInt(3) == 0 ? TaskResult.fail("BY_CHANCE", "") : TaskResult.success();
                })
                .start();
        try (worker) {
            for (int i = 0; i < 150; i++) {
                handles.add(client.enqueue(JobRequest.to("drain")
                        .limit("drain-" + i % 2, 3)
                        .limit("drain-both", 4)
                        .maxRun(Duration.ofMillis(200))
                        .retry(RetryPolicy.fixed(i % 3, Duration.ofMillis(10)))
                        .build()));
                if (i % 5 == 4) {
                    cancel(handles.get(ThreadLocalRandom.current().nextInt(handles.size())));
                }
            }
            handles.forEach(handle -> await(() -> handle.get().status().isTerminal()));
        }
        assertThat(handles.stream().map(handle -> handle.get().status()).distinct())
                .contains(JobStatus.SUCCEEDED, JobStatus.FAILED, JobStatus.CANCELLED);
        assertNobodyHolds("drain-0", "drain-1", "drain-both");
    }

    /** One that has ended meanwhile, or was to be cancelled before, is refused. */
    private static void cancel(JobHandle handle) {
        try {
            handle.cancel();
        } catch (SiloException refused) {
            assertThat(refused.reason())
                    .isIn(RejectReason.JOB_ALREADY_CANCELLED, RejectReason.JOB_TERMINAL, RejectReason.JOB_SUCCEEDED);
        }
    }
}
