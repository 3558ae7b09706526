package io.silo.gateway;

import com.google.protobuf.ByteString;
import io.grpc.Context;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import io.silo.client.SiloClient;
import io.silo.grpc.v1.ArrowIpcMessage;
import io.silo.grpc.v1.ColumnInfo;
import io.silo.grpc.v1.QueryArrowRequest;
import io.silo.grpc.v1.QueryParameter;
import io.silo.grpc.v1.QueryRequest;
import io.silo.grpc.v1.QueryResponse;
import io.silo.grpc.v1.SerializedBytes;
import io.silo.sql.Column;
import io.silo.sql.QueryOptions;
import io.silo.sql.QueryShard;
import io.silo.sql.SqlEngine;
import io.silo.sql.SqlException;
import io.silo.sql.SqlResult;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The calls in SQL. Each has a thread of its own while it runs, since plans are pulled. Any thread. */
final class QueryCalls implements AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(QueryCalls.class);

    /** Statements under way, whatever the shards allow. */
    private static final int THREADS_MAX = 64;

    private static final long IDLE_S = 10;

    /** From the start of the gateway until the planner is loaded: clients that come back, and their backlog, need the processor first. */
    private static final long WARM_UP_DELAY_MS = 10_000;

    /** What is logged of a slow statement (behaviour QUERY-14). */
    private static final int LOGGED_CHARACTERS_MAX = 512;

    /** Of a refusal, which travels in a header: clients take 8 KiB of them. */
    private static final int TOLD_CHARACTERS_MAX = 1_024;

    private final ShardAddresses addresses;
    private final QueryLimits limits;
    private final Thread warmUp;
    private final Map<UUID, Semaphore> gates = new ConcurrentHashMap<>();
    private final ThreadPoolExecutor executor = new ThreadPoolExecutor(
            0, THREADS_MAX, IDLE_S, TimeUnit.SECONDS, new SynchronousQueue<>(), task -> new Thread(task, "silo-sql"));

    /** Made by the first statement, or by what is planned ahead of it. */
    private final AtomicReference<@Nullable SqlEngine> engine = new AtomicReference<>();

    QueryCalls(ShardAddresses addresses, QueryLimits limits) {
        this.addresses = addresses;
        this.limits = limits;
        this.warmUp = warmUpThread();
    }

    /** A statement as both calls have it. */
    private record Statement(ServedShard shard, String sql, List<@Nullable Object> parameters, QueryOptions options) {}

    /** What a statement came to, for the log. */
    private record Outcome<T>(T value, long rows, long bytes) {}

    CompletableFuture<QueryResponse> query(SiloClient client, QueryRequest request) {
        final Statement statement = statement(
                client, request.getShard(), request.getSql(), request.getTenant(), request.getParametersList());
        return run(statement, this::collected, () -> {});
    }

    void queryArrow(SiloClient client, QueryArrowRequest request, ServerCallStreamObserver<ArrowIpcMessage> observer) {
        final ArrowStream stream = new ArrowStream(observer, limits.timeoutMs());
        CompletableFuture<Boolean> sent;
        try {
            final Statement statement = statement(
                    client, request.getShard(), request.getSql(), request.getTenant(), request.getParametersList());
            sent = run(
                    statement,
                    result -> {
                        stream.send(result);
                        return new Outcome<>(true, stream.rows(), stream.bytes());
                    },
                    stream::wake);
        } catch (StatusRuntimeException refused) {
            sent = CompletableFuture.failedFuture(refused);
        }
        var unused = sent.whenComplete((done, failed) -> {
            if (failed == null) {
                observer.onCompleted();
            } else if (!observer.isCancelled()) {
                observer.onError(Refusals.of(failed));
            }
        });
    }

    private Statement statement(
            SiloClient client, String shardId, String sql, String tenant, List<QueryParameter> parameters) {
        final ServedShard shard = addresses.find(shardId);
        final String scope = addresses.isWithTenants() ? tenant : "";
        if (!scope.isEmpty()) {
            addresses.tenant(shardId, scope);
        }
        final List<@Nullable Object> values = new ArrayList<>();
        for (final QueryParameter parameter : parameters) {
            values.add(value(parameter));
        }
        final List<QueryShard> shards = new ArrayList<>();
        shards.add(new QueryShard(shard.id().toString(), shard.rangeFirst(), ""));
        if (scope.isEmpty() && addresses.holdsElsewhere(shard)) {
            // Jobs without a tenant are found whatever shard is named.
            shards.add(new QueryShard(
                    shard.id().toString(), ShardAddresses.hash(ShardAddresses.NO_TENANT), ShardAddresses.NO_TENANT));
        }
        final QueryOptions options = new QueryOptions(client, shards, scope, limits.timeoutMs(), limits.heldBytesMax());
        return new Statement(shard, sql, values, options);
    }

    private static @Nullable Object value(QueryParameter parameter) {
        return switch (parameter.getValueCase()) {
            case BOOL_VALUE -> parameter.getBoolValue();
            case INT64_VALUE -> parameter.getInt64Value();
            case UINT64_VALUE -> {
                if (parameter.getUint64Value() < 0) {
                    throw Refusals.invalid("SQL parameter error: " + Long.toUnsignedString(parameter.getUint64Value())
                            + " is larger than any value");
                }
                yield parameter.getUint64Value();
            }
            case FLOAT64_VALUE -> parameter.getFloat64Value();
            case STRING_VALUE -> parameter.getStringValue();
            case BYTES_VALUE -> parameter.getBytesValue().toString(StandardCharsets.UTF_8);
            case NULL_VALUE -> null;
            case VALUE_NOT_SET -> throw Refusals.invalid("query parameter is missing a value");
        };
    }

    /** Runs a statement on a thread of its own, until its caller has gone. */
    private <T> CompletableFuture<T> run(Statement statement, Function<SqlResult, Outcome<T>> use, Runnable onGone) {
        final Semaphore gate = gates.computeIfAbsent(
                statement.shard().id(),
                id -> new Semaphore(limits.statementsMax() == 0 ? Integer.MAX_VALUE : limits.statementsMax()));
        if (!gate.tryAcquire()) {
            throw tooMany("max_concurrent_statements of " + limits.statementsMax() + " run on shard "
                    + statement.shard().id() + "; retry");
        }
        final CompletableFuture<T> done = new CompletableFuture<>();
        final AtomicBoolean isGone = new AtomicBoolean();
        final AtomicReference<@Nullable SqlResult> running = new AtomicReference<>();
        Context.current()
                .addListener(
                        context -> {
                            isGone.set(true);
                            final SqlResult result = running.get();
                            if (result != null) {
                                result.cancel();
                            }
                            onGone.run();
                        },
                        Runnable::run);
        try {
            executor.execute(() -> {
                try {
                    done.complete(perform(statement, use, running, isGone));
                } catch (SqlException failed) {
                    done.completeExceptionally(refusal(failed));
                } catch (RuntimeException | Error failed) {
                    done.completeExceptionally(failed);
                } finally {
                    gate.release();
                }
            });
        } catch (RejectedExecutionException full) {
            gate.release();
            throw tooMany("max_concurrent_statements: " + THREADS_MAX + " run in this process; retry");
        }
        return done;
    }

    private static StatusRuntimeException tooMany(String sentence) {
        return Status.RESOURCE_EXHAUSTED.withDescription(sentence).asRuntimeException();
    }

    private <T> T perform(
            Statement statement,
            Function<SqlResult, Outcome<T>> use,
            AtomicReference<@Nullable SqlResult> running,
            AtomicBoolean isGone) {
        final long startNs = System.nanoTime();
        try {
            final Outcome<T> outcome = performed(statement, use, running, isGone);
            logIfSlow(statement, startNs, outcome.rows() + " rows, " + outcome.bytes() + " bytes");
            return outcome.value();
        } catch (RuntimeException | Error failed) {
            logIfSlow(statement, startNs, "a refusal (" + failed.getMessage() + ")");
            throw failed;
        }
    }

    private <T> Outcome<T> performed(
            Statement statement,
            Function<SqlResult, Outcome<T>> use,
            AtomicReference<@Nullable SqlResult> running,
            AtomicBoolean isGone) {
        try (SqlResult result = engine().query(statement.sql(), statement.parameters(), statement.options())) {
            running.set(result);
            if (isGone.get()) {
                result.cancel();
            }
            return use.apply(result);
        }
    }

    /** @param what it came to. */
    private void logIfSlow(Statement statement, long startNs, String what) {
        final long elapsedMs = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNs);
        if (limits.slowMs() > 0 && elapsedMs > limits.slowMs()) {
            LOGGER.warn(
                    "A query of shard {} took {} ms for {}: {}",
                    statement.shard().id(),
                    elapsedMs,
                    cut(what),
                    cut(statement.sql()));
        }
    }

    private static String cut(String sql) {
        final String oneLine = sql.replaceAll("\\s+", " ");
        return oneLine.length() <= LOGGED_CHARACTERS_MAX ? oneLine : oneLine.substring(0, LOGGED_CHARACTERS_MAX);
    }

    private SqlEngine engine() {
        final SqlEngine made = engine.get();
        if (made != null) {
            return made;
        }
        synchronized (engine) {
            SqlEngine current = engine.get();
            if (current == null) {
                current = new SqlEngine();
                engine.set(current);
            }
            return current;
        }
    }

    private static StatusRuntimeException refusal(SqlException failed) {
        final Status status = switch (failed.kind()) {
            case INVALID -> Status.INVALID_ARGUMENT;
            case TIMEOUT -> Status.DEADLINE_EXCEEDED;
            case TOO_LARGE -> Status.RESOURCE_EXHAUSTED;
            case CANCELLED -> Status.CANCELLED;
            case FAILED -> Status.INTERNAL;
        };
        final String said = String.valueOf(failed.getMessage());
        return status.withDescription(said.substring(0, Math.min(said.length(), TOLD_CHARACTERS_MAX)))
                .withCause(failed)
                .asRuntimeException();
    }

    /** All rows in one answer. */
    private Outcome<QueryResponse> collected(SqlResult result) {
        final QueryResponse.Builder response = QueryResponse.newBuilder();
        for (final Column column : result.columns()) {
            response.addColumns(ColumnInfo.newBuilder()
                    .setName(column.name())
                    .setDataType(column.type().arrowName()));
        }
        final PackedRows packer = new PackedRows(result.columns());
        long bytes = 0;
        int rows = 0;
        for (Object[] row = result.next(); row != null; row = result.next()) {
            bytes += RowBytes.of(row);
            if (limits.resultBytesMax() > 0 && bytes > limits.resultBytesMax()) {
                throw tooMany("Query result exceeds max_result_bytes (" + limits.resultBytesMax()
                        + " bytes); add a LIMIT, project fewer columns, or use QueryArrow");
            }
            response.addRows(SerializedBytes.newBuilder().setMsgpack(ByteString.copyFrom(packer.pack(row))));
            rows++;
        }
        return new Outcome<>(response.setRowCount(rows).build(), rows, bytes);
    }

    /** Loads the planner a while after this, on a thread that then ends, so that the first statement need not. Once. */
    void warmUpLater() {
        warmUp.start();
    }

    private void warmUp() {
        try {
            TimeUnit.MILLISECONDS.sleep(WARM_UP_DELAY_MS);
            engine().warmUp();
        } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException | Error failed) {
            LOGGER.warn("The planner of queries could not be loaded ahead of the first one", failed);
        }
    }

    private Thread warmUpThread() {
        final Thread thread = new Thread(this::warmUp, "silo-sql-warm-up");
        thread.setDaemon(true);
        thread.setPriority(Thread.MIN_PRIORITY);
        return thread;
    }

    /** Takes no more statements, and ends those under way. */
    @Override
    public void close() {
        warmUp.interrupt();
        executor.shutdownNow();
    }
}
