package io.silo.tools;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.silo.client.EnqueueResult;
import io.silo.client.JobRequest;
import io.silo.client.Payload;
import io.silo.client.SiloClient;
import io.silo.client.SiloWorker;
import io.silo.client.TaskResult;
import io.silo.protocol.RejectReason;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.SynchronizedHistogram;
import org.jspecify.annotations.Nullable;

/**
 * What jobs that lie and wait cost: stores as many that are ready as that start later, in turns, and says how fast either goes; then
 * lets a few come due on the idle server and says how late each started. The jobs stay.
 */
final class StoredJobs {
    /** Parts that ready and future jobs are stored in, in turns, so that neither has the better time. */
    private static final int ROUNDS = 4;

    private static final int BATCH = 256;

    /** Batches on their way. */
    private static final int WINDOW = 8;

    /** Jobs whose start is watched, one every {@link #START_EVERY_MS}. */
    private static final int STARTS = 1_000;

    /** Starts before those, which are not counted: the code of both processes is compiled meanwhile. */
    private static final int WARM_UP_STARTS = 500;

    private static final long START_EVERY_MS = 20;

    /** Time in which the server comes to rest before the first start. */
    private static final long REST_MS = 5_000;

    /** A prime, so that start times come in no order. */
    private static final long STRIDE = 7_919;

    private final SiloClient client;
    private final int count;
    private final Payload payload;
    private final String run = "stored-" + UUID.randomUUID();
    private final Histogram latenessUs = new SynchronizedHistogram(TimeUnit.MINUTES.toMicros(10), 3);
    private double readyPerSecond;
    private double futurePerSecond;

    StoredJobs(SiloClient client, int count, int payloadBytes) {
        this.client = client;
        this.count = count;
        this.payload = Payload.raw(new byte[payloadBytes]);
    }

    void measure() {
        final int part = Math.max(1, count / ROUNDS);
        final long[] ns = new long[2];
        final Instant tomorrow = Instant.now().plus(Duration.ofDays(1));
        for (int round = 0; round < ROUNDS; round++) {
            final int from = round * part;
            ns[0] += store(from, part, null);
            ns[1] += store(from, part, tomorrow);
        }
        final double stored = (double) part * ROUNDS;
        readyPerSecond = stored * 1e9 / ns[0];
        futurePerSecond = stored * 1e9 / ns[1];
        watchStarts();
    }

    /** Stores jobs; returns how long that took until all were acknowledged. */
    private long store(int from, int jobs, @Nullable Instant firstStart) {
        final long begunNs = System.nanoTime();
        final Deque<CompletableFuture<List<EnqueueResult>>> under = new ArrayDeque<>();
        for (int at = 0; at < jobs; at += BATCH) {
            final List<JobRequest> batch = new ArrayList<>(BATCH);
            for (int i = at; i < Math.min(jobs, at + BATCH); i++) {
                final JobRequest.Builder job =
                        JobRequest.to(run + (firstStart == null ? "-r" : "-f")).payload(payload);
                if (firstStart != null) {
                    job.startAt(firstStart.plusMillis((from + i) * STRIDE % count));
                }
                batch.add(job.build());
            }
            under.add(client.enqueueAllAsync(batch));
            if (under.size() == WINDOW) {
                check(under.remove());
            }
        }
        under.forEach(StoredJobs::check);
        return System.nanoTime() - begunNs;
    }

    private static void check(CompletableFuture<List<EnqueueResult>> batch) {
        for (EnqueueResult result : batch.join()) {
            final RejectReason rejected = result.rejected();
            if (rejected != null) {
                throw new CommandFailure(
                        ExitCode.REFUSED, rejected.name(), "The server took no more jobs: " + rejected.sentence(), "");
            }
        }
    }

    private void watchStarts() {
        final int warmUp = Math.min(WARM_UP_STARTS, count);
        final int starts = warmUp + Math.min(STARTS, count);
        final Instant first = Instant.ofEpochMilli(Instant.now().toEpochMilli() + REST_MS);
        final Instant firstCounted = first.plusMillis(warmUp * START_EVERY_MS);
        final CountDownLatch started = new CountDownLatch(starts);
        final String group = run + "-s";
        try (SiloWorker worker = SiloWorker.with(client)
                .taskGroup(group)
                .concurrency(4)
                .handler(task -> {
                    final Duration late = Duration.between(task.startAt(), Instant.now());
                    if (!task.startAt().isBefore(firstCounted)) {
                        latenessUs.recordValue(Math.max(0, late.toNanos() / 1_000));
                    }
                    started.countDown();
                    return TaskResult.success();
                })
                .start()) {
            final List<JobRequest> jobs = new ArrayList<>(starts);
            for (int i = 0; i < starts; i++) {
                jobs.add(JobRequest.to(group)
                        .payload(payload)
                        .startAt(first.plusMillis(i * START_EVERY_MS))
                        .build());
            }
            check(client.enqueueAllAsync(jobs));
            final long waitMs = REST_MS + starts * START_EVERY_MS + 30_000;
            if (!started.await(waitMs, TimeUnit.MILLISECONDS)) {
                throw new CommandFailure(
                        ExitCode.REFUSED, "LOAD_FAILED", "Not every job was started within 30 s of its time.", "");
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    void json(ObjectNode node) {
        node.put("jobs", count);
        node.put("ready_per_second", readyPerSecond);
        node.put("future_per_second", futurePerSecond);
        final ObjectNode late = node.putObject("start_late_us");
        late.put("p50", latenessUs.getValueAtPercentile(50));
        late.put("p99", latenessUs.getValueAtPercentile(99));
        late.put("max", latenessUs.getMaxValue());
    }

    void text(PrintWriter out) {
        out.println(String.format(
                Locale.ROOT,
                "stored %,d ready jobs at %,.0f/s and as many future ones at %,.0f/s (%.2f x)",
                count,
                readyPerSecond,
                futurePerSecond,
                futurePerSecond / readyPerSecond));
        out.println(String.format(
                Locale.ROOT,
                "  %d jobs, one every %d ms on the idle server, started late by p50 %,d µs  p99 %,d µs  max %,d µs",
                latenessUs.getTotalCount(),
                START_EVERY_MS,
                latenessUs.getValueAtPercentile(50),
                latenessUs.getValueAtPercentile(99),
                latenessUs.getMaxValue()));
    }
}
