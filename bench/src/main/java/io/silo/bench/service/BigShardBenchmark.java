package io.silo.bench.service;

import io.silo.client.Durability;
import io.silo.client.ImportResult;
import io.silo.client.ImportedJob;
import io.silo.client.Job;
import io.silo.client.JobHandle;
import io.silo.client.JobRequest;
import io.silo.client.JobStatus;
import io.silo.client.LeasedTask;
import io.silo.client.Payload;
import io.silo.client.SiloClient;
import io.silo.client.TaskPoll;
import io.silo.client.TaskResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
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
 * Does a single call cost more on a shard of 500,000 jobs than on one of a thousand? (the calls of BENCH-2)
 *
 * <p>Durability: appended; Java client over shared memory, one call at a time. Beside the stored jobs ({@link StoredJobs}) a deep line waits: five hold
 * the slots of one limit and 4 % as many jobs as are stored wait for it. The baseline of every method is the same method with 1,000
 * stored jobs. Expected: within 15 % of it, and under 1 ms in the middle, but for {@code import50} and {@code getTen}, which bring more.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 2, time = 2)
@Measurement(iterations = 4, time = 2)
@SuppressWarnings("NullAway.Init") // JMH calls the set-up before anything else.
public class BigShardBenchmark {
    private static final int HOLDERS = 5;
    private static final int STORED_PER_WAITER = 25;
    private static final int GOTTEN = 10;
    private static final int IMPORTED = 50;
    private static final int BATCH = 1_024;
    private static final Duration HELD = Duration.ofHours(12); // longer than any run
    private static final Duration WAIT = Duration.ofSeconds(5);
    private static final Duration YEAR = Duration.ofDays(365);

    /** Jobs that the shard has. */
    @Param({"1000", "500000"})
    public int stored = 1_000;

    private final Payload payload = Payload.raw(new byte[256]);
    private final SplittableRandom random = new SplittableRandom(4);
    private final String deep = "deep-" + UUID.randomUUID();
    private final String shallow = "shallow-" + UUID.randomUUID();
    private BenchServer server;
    private SiloClient client;
    private StoredJobs jobs;
    private LeasedTask holder;
    private LeasedTask task;
    private JobHandle job;
    private String call;

    /** Starts the server, imports the jobs, and lets others wait. */
    @Setup
    public void start(BenchmarkParams benchmark) {
        final String name = benchmark.getBenchmark();
        call = name.substring(name.lastIndexOf('.') + 1);
        server = BenchServer.open();
        client = server.ipcClient(Durability.APPENDED);
        jobs = new StoredJobs(client, stored);
        final int waiters = HOLDERS + stored / STORED_PER_WAITER;
        for (int done = 0; done < waiters; done += BATCH) {
            final List<JobRequest> batch = new ArrayList<>(BATCH);
            for (int i = done; i < Math.min(waiters, done + BATCH); i++) {
                batch.add(deepJob().build());
            }
            client.enqueueAll(batch);
        }
        holder = lease(deep, HOLDERS).get(0);
    }

    private JobRequest.Builder deepJob() {
        return JobRequest.to(deep).limit(deep, HOLDERS).payload(payload).lease(HELD);
    }

    private List<LeasedTask> lease(String taskGroup, int max) {
        return client.leases()
                .poll(new TaskPoll(0, "", taskGroup, "worker", max, WAIT))
                .join();
    }

    private JobHandle enqueueShallow() {
        return client.enqueue(JobRequest.to(shallow).payload(payload).build());
    }

    /** Makes a job in the state that the call wants; not measured. */
    @Setup(Level.Invocation)
    public void make() {
        switch (call) {
            case "cancel", "expedite" -> job = enqueueLater();
            case "cancelWaiter" -> job = client.enqueue(deepJob().build());
            case "restart", "delete" -> {
                job = enqueueLater();
                job.cancel();
            }
            case "lease" -> enqueueShallow();
            case "heartbeat", "report" -> {
                enqueueShallow();
                task = lease(shallow, 1).get(0);
            }
            default -> {
                // Wants none.
            }
        }
    }

    /** Ends what the call left, so that the shard stays as it is. */
    @TearDown(Level.Invocation)
    public void end() {
        switch (call) {
            case "enqueue", "enqueueEmptyLimit", "enqueueDeepLimit", "expedite", "restart" -> job.cancel();
            case "lease", "heartbeat" -> task.report(TaskResult.success());
            case "reportAndLeaseDeep" -> client.enqueue(deepJob().build());
            default -> {
                // Left nothing.
            }
        }
    }

    private JobHandle enqueueLater() {
        return client.enqueue(
                JobRequest.to(shallow).payload(payload).startAfter(YEAR).build());
    }

    @Benchmark
    public Job getJob() {
        final int job = random.nextInt(stored);
        return client.getJob(jobs.tenant(job), jobs.id(job));
    }

    /** Ten reads side by side. */
    @Benchmark
    public List<Job> getTen() {
        final List<CompletableFuture<Job>> reads = new ArrayList<>(GOTTEN);
        for (int i = 0; i < GOTTEN; i++) {
            final int job = random.nextInt(stored);
            reads.add(client.getJobAsync(jobs.tenant(job), jobs.id(job), false));
        }
        return reads.stream().map(CompletableFuture::join).toList();
    }

    /** A job without limits, that starts in a year so that none wait for a worker. */
    @Benchmark
    public JobHandle enqueue() {
        job = enqueueLater();
        return job;
    }

    /** A job of a limit that nobody else names. */
    @Benchmark
    public JobHandle enqueueEmptyLimit() {
        job = client.enqueue(JobRequest.to(shallow)
                .payload(payload)
                .limit(UUID.randomUUID().toString(), 1)
                .startAfter(YEAR)
                .build());
        return job;
    }

    /** One more at the end of the deep line. */
    @Benchmark
    public JobHandle enqueueDeepLimit() {
        job = client.enqueue(deepJob().build());
        return job;
    }

    /** A task leased. */
    @Benchmark
    public LeasedTask lease() {
        task = lease(shallow, 1).get(0);
        return task;
    }

    /** A holder of the deep line's limit ends, and the next waiter is leased. */
    @Benchmark
    public LeasedTask reportAndLeaseDeep() {
        holder.report(TaskResult.success());
        holder = lease(deep, 1).get(0);
        return holder;
    }

    @Benchmark
    public JobStatus cancel() {
        return job.cancel();
    }

    /** A job that waits at the end of the deep line is cancelled. */
    @Benchmark
    public JobStatus cancelWaiter() {
        return job.cancel();
    }

    @Benchmark
    public JobStatus expedite() {
        return job.expedite();
    }

    @Benchmark
    public JobStatus restart() {
        return job.restart();
    }

    @Benchmark
    public JobHandle delete() {
        job.delete();
        return job;
    }

    @Benchmark
    public boolean heartbeat() {
        return task.heartbeat();
    }

    @Benchmark
    public LeasedTask report() {
        task.report(TaskResult.success());
        return task;
    }

    /** Fifty jobs imported in one call. */
    @Benchmark
    public List<ImportResult> import50() {
        final List<ImportedJob> imported = new ArrayList<>(IMPORTED);
        for (int i = 0; i < IMPORTED; i++) {
            imported.add(new ImportedJob(
                    JobRequest.to(shallow).payload(payload).startAfter(YEAR).build(), null, List.of()));
        }
        return client.importJobs(imported);
    }

    /** Stops all. */
    @TearDown
    public void stop() {
        client.close();
        server.close();
    }
}
