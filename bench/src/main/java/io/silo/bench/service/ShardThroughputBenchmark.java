package io.silo.bench.service;

import io.silo.client.Durability;
import io.silo.client.JobRequest;
import io.silo.client.LeaseOutcome;
import io.silo.client.LeasedTask;
import io.silo.client.Payload;
import io.silo.client.SiloClient;
import io.silo.client.TaskPoll;
import io.silo.client.TaskResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
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
 * How long does a handful of callers need for a handful of jobs on one shard: producers that enqueue one after the other, consumers that
 * lease 32 at a time and report? (the shapes of BENCH-1)
 *
 * <p>Durability: durable; Java client over shared memory. One operation is the whole shape: {@code callers x jobs}, each producer enqueues so many, all
 * consumers together end so many. The baseline writes and syncs as many records to a plain file, one after the other. Expected: one
 * producer within 1.5 times the baseline and a round trip for each job; more producers share syncs and need less than the baseline.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(2)
@Warmup(iterations = 20)
@Measurement(iterations = 20)
@SuppressWarnings("NullAway.Init") // JMH calls the set-up before anything else.
public class ShardThroughputBenchmark {
    private static final int LEASED = 32;
    private static final int RECORD_BYTES = 400; // an enqueue with its payload
    private static final int EMPTY_POLLS_MAX = 1_000;

    /** Callers and jobs. */
    @Param({"1x50", "4x50", "8x25"})
    public String shape = "1x50";

    private final Payload payload = Payload.raw(new byte[256]);
    private BenchServer server;
    private SiloClient client;
    private PlainSync file;
    private ExecutorService threads;
    private String taskGroup;
    private int callers;
    private int jobs;

    /** Starts the server and the callers' threads. */
    @Setup
    public void start() {
        server = BenchServer.open();
        client = server.ipcClient(Durability.DURABLE);
        file = new PlainSync(server.directory(), RECORD_BYTES);
        final String[] numbers = shape.split("x", 2);
        callers = Integer.parseInt(numbers[0]);
        jobs = Integer.parseInt(numbers[1]);
        threads = Executors.newFixedThreadPool(callers);
    }

    /** A task group of its own, with as many jobs as the consumers are to end. */
    @Setup(Level.Iteration)
    public void begin(BenchmarkParams benchmark) {
        taskGroup = "group-" + UUID.randomUUID();
        if (benchmark.getBenchmark().endsWith(".dequeue")) {
            final List<JobRequest> requests = new ArrayList<>();
            for (int i = 0; i < callers * jobs; i++) {
                requests.add(job());
            }
            client.enqueueAll(requests);
        }
    }

    private JobRequest job() {
        return JobRequest.to(taskGroup).payload(payload).build();
    }

    /** Jobs enqueued by producers side by side, each waiting for its acknowledgement. */
    @Benchmark
    public int enqueue() throws InterruptedException, ExecutionException {
        return inAll(() -> {
            for (int i = 0; i < jobs; i++) {
                client.enqueue(job());
            }
            return jobs;
        });
    }

    /** Tasks leased and reported by consumers side by side. */
    @Benchmark
    public int dequeue() throws InterruptedException, ExecutionException {
        return inAll(() -> {
            int ended = 0;
            int empty = 0;
            while (ended < jobs && empty < EMPTY_POLLS_MAX) {
                final List<LeaseOutcome> outcomes = new ArrayList<>(LEASED);
                final int max = Math.min(LEASED, jobs - ended);
                for (final LeasedTask task : client.leases()
                        .poll(new TaskPoll(0, "", taskGroup, "worker", max, Duration.ZERO))
                        .join()) {
                    outcomes.add(new LeaseOutcome(task.leaseId(), TaskResult.success()));
                }
                client.leases().reportAll(outcomes).join();
                ended += outcomes.size();
                empty += outcomes.isEmpty() ? 1 : 0;
            }
            return ended;
        });
    }

    private int inAll(Callable<Integer> work) throws InterruptedException, ExecutionException {
        final List<Callable<Integer>> all = new ArrayList<>(callers);
        for (int i = 0; i < callers; i++) {
            all.add(work);
        }
        int done = 0;
        for (final Future<Integer> caller : threads.invokeAll(all)) {
            done += caller.get();
        }
        if (done != callers * jobs) {
            throw new IllegalStateException("Expected " + callers * jobs + " jobs, but there are " + done + ".");
        }
        return done;
    }

    /** Baseline: as many records, each written and synced. */
    @Benchmark
    public long plainSync() {
        long end = 0;
        for (int i = 0; i < callers * jobs; i++) {
            end = file.appendAndSync();
        }
        return end;
    }

    /** Stops all. */
    @TearDown
    public void stop() {
        threads.shutdownNow();
        client.close();
        file.close();
        server.close();
    }
}
