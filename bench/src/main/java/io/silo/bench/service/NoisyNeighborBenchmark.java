package io.silo.bench.service;

import io.silo.client.Durability;
import io.silo.client.FloatingLimit;
import io.silo.client.JobRequest;
import io.silo.client.SiloClient;
import io.silo.client.SiloWorker;
import io.silo.client.TaskResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.BenchmarkParams;

/**
 * How much of its throughput does tenant B keep when tenant A brings eight times as many jobs to the same shard at the same time? (BENCH-7)
 *
 * <p>Durability: appended; one worker of 256 for both, Java client over shared memory. B has eight queues of 60 jobs, each queue a limit of 1,
 * and all of them a wide floating limit of 360; A has 24 queues of 160. One operation: all jobs of B, from the first enqueued to the last
 * ended; those of A are enqueued just before and run on. The baseline is {@code alone}; alone divided by beside is what B retains. Expected: 0.25 and more,
 * though A has eight times as many jobs, for tenants of one weight have turns in the ready queue; without turns it would be some 0.1.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(2)
@Warmup(iterations = 10)
@Measurement(iterations = 20)
@SuppressWarnings("NullAway.Init") // JMH calls the set-up before anything else.
public class NoisyNeighborBenchmark {
    private static final int QUEUES_A = 24;
    private static final int QUEUES_B = 8;
    private static final int WIDE = 360;
    private static final int CONCURRENCY = 256;
    private static final long TIMEOUT_S = 60;
    private static final Duration RARELY = Duration.ofDays(1);

    /** Jobs of each of B's queues; A's have eight thirds of it. */
    @Param("60")
    public int jobs = 60;

    private final String taskGroup = "group-" + UUID.randomUUID();
    private BenchServer server;
    private SiloClient client;
    private SiloWorker worker;
    private volatile CountDownLatch jobsOfB = new CountDownLatch(0);
    private volatile CountDownLatch jobsOfA = new CountDownLatch(0);

    /** Starts the server and the worker. */
    @Setup
    public void start() {
        server = BenchServer.open();
        client = server.ipcClient(Durability.APPENDED);
        worker = SiloWorker.with(client)
                .taskGroup(taskGroup)
                .concurrency(CONCURRENCY)
                .handler(task -> {
                    (task.tenant().equals("b") ? jobsOfB : jobsOfA).countDown();
                    return TaskResult.success();
                })
                .start();
    }

    /** Enqueues the jobs of A, if it is there, and does not wait for their end. */
    @Setup(Level.Iteration)
    public void begin(BenchmarkParams benchmark) {
        if (benchmark.getBenchmark().endsWith(".beside")) {
            final int jobsPerQueue = jobs * 8 / 3;
            jobsOfA = new CountDownLatch(QUEUES_A * jobsPerQueue);
            enqueue("a", QUEUES_A, jobsPerQueue);
        }
    }

    /** Waits for the last of A, so that the next begins as this did. */
    @TearDown(Level.Iteration)
    public void end() throws InterruptedException {
        if (!jobsOfA.await(TIMEOUT_S, TimeUnit.SECONDS)) {
            throw new IllegalStateException(jobsOfA.getCount() + " jobs of A did not run.");
        }
    }

    private void enqueue(String tenant, int queues, int jobsPerQueue) {
        final List<JobRequest> requests = new ArrayList<>(queues * jobsPerQueue);
        for (int job = 0; job < jobsPerQueue; job++) {
            for (int queue = 0; queue < queues; queue++) {
                requests.add(JobRequest.to(taskGroup)
                        .tenant(tenant)
                        .limit("queue-" + queue, 1)
                        .limit(new FloatingLimit("wide", WIDE, RARELY))
                        .build());
            }
        }
        client.enqueueAllAsync(requests).join();
    }

    private long runB() throws InterruptedException {
        jobsOfB = new CountDownLatch(QUEUES_B * jobs);
        enqueue("b", QUEUES_B, jobs);
        if (!jobsOfB.await(TIMEOUT_S, TimeUnit.SECONDS)) {
            throw new IllegalStateException(jobsOfB.getCount() + " jobs of B did not run.");
        }
        return jobsOfB.getCount();
    }

    /** Baseline: B has the shard for itself. */
    @Benchmark
    public long alone() throws InterruptedException {
        return runB();
    }

    /** B beside A. */
    @Benchmark
    public long beside() throws InterruptedException {
        return runB();
    }

    /** Stops all. */
    @TearDown
    public void stop() {
        worker.close();
        client.close();
        server.close();
    }
}
