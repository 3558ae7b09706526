package io.silo.server;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.silo.client.JobRequest;
import io.silo.client.SiloClient;
import io.silo.grpc.v1.ArrowIpcMessage;
import io.silo.grpc.v1.QueryArrowRequest;
import io.silo.grpc.v1.QueryRequest;
import io.silo.grpc.v1.QueryResponse;
import io.silo.grpc.v1.SiloGrpc;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Bounds of statements (behaviour QUERY-11 to 15). */
@Tag("newest-jdk")
class GrpcQueryLimitsIT {
    private static final int JOBS = 20_000;

    /** Each row of it is compared with every other: for hours. */
    private static final String ENDLESS =
            "SELECT COUNT(*) FROM jobs a, jobs b, jobs c WHERE a.priority + b.priority + c.priority = 10000";

    private static GrpcFixture server;
    private static String shard;

    @BeforeAll
    static void start(@TempDir Path data) throws Exception {
        server = GrpcFixture.start(
                data,
                Map.of(
                        "SILO_SHARD_COUNT",
                        "1",
                        "SILO_SERVER_STATEMENT_TIMEOUT_MS",
                        "1500",
                        "SILO_SERVER_MAX_CONCURRENT_STATEMENTS",
                        "2",
                        "SILO_SERVER_MAX_RESULT_BYTES",
                        "100000",
                        "SILO_SERVER_MAX_STATEMENT_BYTES",
                        "4500000"));
        shard = server.shardOf("t0");
        final Random random = new Random(1);
        try (SiloClient client = SiloClient.builder().dataDirectory(data).build()) {
            List<JobRequest> batch = new ArrayList<>();
            for (int i = 0; i < JOBS; i++) {
                batch.add(JobRequest.to("group" + random.nextInt(4))
                        .id("job" + i)
                        .tenant("t" + random.nextInt(5))
                        .priority(random.nextInt(100))
                        .metadata("k", "v" + random.nextInt(50))
                        .payload("p".repeat(20))
                        .build());
                if (batch.size() == 1_000) {
                    client.enqueueAll(batch);
                    batch = new ArrayList<>();
                }
            }
        }
    }

    @AfterAll
    static void stop() throws InterruptedException {
        server.close();
    }

    private static QueryResponse query(String sql) {
        return server.silo.query(
                QueryRequest.newBuilder().setShard(shard).setSql(sql).build());
    }

    private static StatusRuntimeException refusal(String sql) {
        final StatusRuntimeException refused = catchThrowableOfType(StatusRuntimeException.class, () -> query(sql));
        assertThat(refused).as(sql).isNotNull();
        return refused;
    }

    private static void assertServes() {
        assertThat(query("SELECT id FROM jobs WHERE id = 'job17'").getRowCount())
                .isEqualTo(1);
    }

    @Test
    void shouldStopAStatementWhenItsTimeIsOver() {
        final long startNs = System.nanoTime();
        final StatusRuntimeException refused = refusal(ENDLESS);
        assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
        assertThat(refused.getStatus().getDescription()).contains("statement timeout of 1500 ms");
        assertThat(System.nanoTime() - startNs).isLessThan(SECONDS.toNanos(10));
        assertServes();
    }

    /** Many rows that are made of few, or of none. */
    @Test
    void shouldStopAStatementThatReadsLittle() {
        final String values = "(VALUES " + "(1),".repeat(99) + "(1))";
        for (final String endless : List.of(
                "SELECT COUNT(*) FROM " + values + " a, " + values + " b, " + values + " c, " + values + " d, " + values
                        + " e",
                "SELECT COUNT(*) FROM jobs a JOIN jobs b ON a.priority = b.priority JOIN jobs c ON b.priority = c.priority")) {
            final long startNs = System.nanoTime();
            assertThat(refusal(endless)).hasMessageStartingWith(Status.Code.DEADLINE_EXCEEDED.name());
            assertThat(System.nanoTime() - startNs).isLessThan(SECONDS.toNanos(15));
        }
        assertServes();
    }

    @Test
    void shouldRefuseAResultThatIsTooLarge() {
        final StatusRuntimeException refused = refusal("SELECT * FROM jobs");
        assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
        assertThat(refused.getStatus().getDescription())
                .contains("max_result_bytes")
                .contains("LIMIT")
                .contains("QueryArrow");
        assertThat(query("SELECT * FROM jobs LIMIT 100").getRowCount()).isEqualTo(100);
    }

    @Test
    void shouldRefuseAStatementThatHoldsTooMuch() {
        final StatusRuntimeException refused = refusal("SELECT id, tenant, task_group FROM jobs ORDER BY priority, id");
        assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
        assertThat(refused.getStatus().getDescription()).contains("sorts, joins or groups");
        assertThat(refusal("SELECT id, tenant, task_group FROM jobs ORDER BY priority, id LIMIT 2000000000")
                        .getStatus()
                        .getCode())
                .isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
        assertThat(query("SELECT id FROM jobs ORDER BY priority, id LIMIT 10").getRowCount())
                .as("holds ten")
                .isEqualTo(10);
        assertThat(query("SELECT task_group, COUNT(*) FROM jobs GROUP BY task_group")
                        .getRowCount())
                .isEqualTo(4);
        assertThat(refusal("SELECT id, tenant, task_group, COUNT(*) FROM jobs GROUP BY id, tenant, task_group")
                        .getStatus()
                        .getCode())
                .isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    }

    @Test
    void shouldRefuseMoreStatementsThanMayRun() throws Exception {
        final AtomicInteger refused = new AtomicInteger();
        final ExecutorService callers = Executors.newFixedThreadPool(6);
        try {
            final List<CompletableFuture<Void>> calls = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                calls.add(CompletableFuture.runAsync(
                        () -> {
                            final Status status = refusal(ENDLESS).getStatus();
                            if (status.getCode() == Status.Code.RESOURCE_EXHAUSTED) {
                                assertThat(status.getDescription()).contains("max_concurrent_statements");
                                refused.incrementAndGet();
                            }
                        },
                        callers));
            }
            CompletableFuture.allOf(calls.toArray(new CompletableFuture<?>[0])).get(60, SECONDS);
        } finally {
            callers.shutdownNow();
        }
        assertThat(refused.get()).isEqualTo(4);
        assertServes();
    }

    @Test
    void shouldEndAStatementWhoseCallerIsGone() throws Exception {
        for (int i = 0; i < 6; i++) {
            final ClientCall<QueryRequest, QueryResponse> call =
                    server.channel.newCall(SiloGrpc.getQueryMethod(), CallOptions.DEFAULT);
            final CountDownLatch closed = new CountDownLatch(1);
            call.start(
                    new ClientCall.Listener<>() {
                        @Override
                        public void onClose(Status status, Metadata trailers) {
                            closed.countDown();
                        }
                    },
                    new Metadata());
            call.sendMessage(
                    QueryRequest.newBuilder().setShard(shard).setSql(ENDLESS).build());
            call.halfClose();
            call.request(1);
            MILLISECONDS.sleep(100);
            call.cancel("no longer wanted", null);
            assertThat(closed.await(10, SECONDS)).isTrue();
            MILLISECONDS.sleep(300);
        }
        // Two may run: had the six gone on for 1.5 s each, this would be refused.
        assertServes();
    }

    @Test
    void shouldStreamWithArrowWhatIsTooLargeForOneAnswer() {
        final Iterator<ArrowIpcMessage> messages = server.silo.queryArrow(QueryArrowRequest.newBuilder()
                .setShard(shard)
                .setSql("SELECT id, tenant, payload FROM jobs")
                .build());
        int count = 0;
        long bytes = 0;
        while (messages.hasNext()) {
            count++;
            bytes += messages.next().getIpcData().size();
        }
        assertThat(count).isGreaterThanOrEqualTo(4);
        assertThat(bytes).isGreaterThan(500_000);
    }

    @Test
    void shouldEndAStreamWhoseReaderTakesNothing() throws Exception {
        final ClientCall<QueryArrowRequest, ArrowIpcMessage> call =
                server.channel.newCall(SiloGrpc.getQueryArrowMethod(), CallOptions.DEFAULT);
        final AtomicReference<Status> end = new AtomicReference<>();
        final CountDownLatch closed = new CountDownLatch(1);
        call.start(
                new ClientCall.Listener<>() {
                    @Override
                    public void onClose(Status status, Metadata trailers) {
                        end.set(status);
                        closed.countDown();
                    }
                },
                new Metadata());
        // 20,000 rows with a constant of 1,000 characters: 20 MB, of which the transport takes a few.
        final String sql = "SELECT id, '" + "x".repeat(1_000) + "' AS filler FROM jobs";
        call.sendMessage(
                QueryArrowRequest.newBuilder().setShard(shard).setSql(sql).build());
        call.halfClose();
        assertThat(closed.await(3, SECONDS)).as("it ends once the reader reads").isFalse();
        call.request(1_000);
        assertThat(closed.await(10, SECONDS)).isTrue();
        assertThat(end.get().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
        assertThat(end.get().getDescription()).contains("statement timeout");
        assertServes();
    }

    @Test
    void shouldLookAtNoMoreRowsThanALimitNeeds() throws IOException {
        final long startNs = System.nanoTime();
        for (int i = 0; i < 20; i++) {
            assertThat(query("SELECT id FROM jobs LIMIT 5").getRowCount()).isEqualTo(5);
        }
        assertThat(System.nanoTime() - startNs).isLessThan(SECONDS.toNanos(10));
    }
}
