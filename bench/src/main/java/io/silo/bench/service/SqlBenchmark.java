package io.silo.bench.service;

import io.silo.client.Durability;
import io.silo.client.Job;
import io.silo.client.JobCounts;
import io.silo.client.JobFilter;
import io.silo.client.JobScans;
import io.silo.client.JobStatus;
import io.silo.client.JobSummary;
import io.silo.client.SiloClient;
import io.silo.sql.QueryOptions;
import io.silo.sql.QueryShard;
import io.silo.sql.SqlEngine;
import io.silo.sql.SqlResult;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * How long do the statements take that people and dashboards ask again and again, on a shard of 500,000 jobs of 300 tenants?
 *
 * <p>Statements are planned once and run through the Java client, as in the gateway. Baselines are the calls that answer the same without SQL:
 * {@code getJob}, {@code listFailed}, {@code countJobs}, and {@code walkJobs}, which has all jobs sent and counts them itself. Expected: a job by tenant and
 * id under 1 ms, the first page of a tenant's failed jobs under 5 ms, counts of a tenant under 1 ms, all jobs grouped by status under
 * 500 ms; a few times their baselines for the first three, and far less than the last. Nothing is written while it runs.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(2)
@Warmup(iterations = 3, time = 3)
@Measurement(iterations = 5, time = 3)
@SuppressWarnings("NullAway.Init") // JMH calls the set-up before anything else.
public class SqlBenchmark {
    private static final int PAGE = 20;
    private static final String LOOKUP = "SELECT id, status_kind, priority FROM jobs WHERE tenant = $1 AND id = $2";
    private static final String FAILED_PAGE = "SELECT id, status_changed_at_ms FROM jobs WHERE tenant = $1"
            + " AND status_kind = 'Failed' ORDER BY status_changed_at_ms DESC LIMIT " + PAGE;
    private static final String TENANT_COUNTS = "SELECT status_kind, cnt FROM tenant_counts WHERE tenant = $1";
    private static final String ALL_COUNTS = "SELECT status_kind, COUNT(*) AS n FROM jobs GROUP BY status_kind";

    /** Jobs of the shard. */
    @Param("500000")
    public int stored = 500_000;

    private final SqlEngine engine = new SqlEngine();
    private final SplittableRandom random = new SplittableRandom(2);
    private BenchServer server;
    private SiloClient client;
    private StoredJobs jobs;
    private QueryOptions options;

    /** Starts the server and imports the jobs. */
    @Setup
    public void start() {
        server = BenchServer.open();
        client = server.ipcClient(Durability.APPENDED);
        jobs = new StoredJobs(client, stored);
        options = new QueryOptions(
                client,
                new JobScans(client)
                        .shards().join().stream()
                                .map(shard -> new QueryShard(shard.id().toString(), shard.tenantHash(), ""))
                                .toList(),
                "",
                0,
                QueryOptions.HELD_BYTES_MAX);
    }

    private int run(String sql, List<?> parameters) {
        int rows = 0;
        try (SqlResult result = engine.query(sql, parameters, options)) {
            while (result.next() != null) {
                rows++;
            }
        }
        if (rows == 0) {
            throw new IllegalStateException("Expected rows of: " + sql);
        }
        return rows;
    }

    /** A job by tenant and id. */
    @Benchmark
    public int lookup() {
        final int job = random.nextInt(stored);
        return run(LOOKUP, List.of(jobs.tenant(job), jobs.id(job)));
    }

    /** Baseline of it. */
    @Benchmark
    public Job getJob() {
        final int job = random.nextInt(stored);
        return client.getJob(jobs.tenant(job), jobs.id(job));
    }

    /** The failed jobs of the largest tenant that changed last. */
    @Benchmark
    public int failedPage() {
        return run(FAILED_PAGE, List.of(StoredJobs.LARGEST));
    }

    /** Baseline of it. */
    @Benchmark
    public List<JobSummary> listFailed() {
        return client.listJobs(JobFilter.all().tenant(StoredJobs.LARGEST).status(JobStatus.FAILED), PAGE);
    }

    /** Jobs of the largest tenant by status, from counters. */
    @Benchmark
    public int tenantCounts() {
        return run(TENANT_COUNTS, List.of(StoredJobs.LARGEST));
    }

    /** Baseline of it. */
    @Benchmark
    public JobCounts countJobs() {
        return client.countJobs(StoredJobs.LARGEST);
    }

    /** All jobs by status. */
    @Benchmark
    public int allCounts() {
        return run(ALL_COUNTS, List.of());
    }

    /** Baseline of it. */
    @Benchmark
    public long[] walkJobs() {
        final long[] counts = new long[JobStatus.values().length];
        client.forEachJob(JobFilter.all(), job -> {
            counts[job.status().ordinal()]++;
            return true;
        });
        return counts;
    }

    /** Stops all. */
    @TearDown
    public void stop() {
        client.close();
        server.close();
    }
}
