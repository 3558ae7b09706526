package io.silo.sql;

import io.silo.client.JobScans;
import io.silo.client.SiloException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TimeZone;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.apache.calcite.DataContext;
import org.apache.calcite.adapter.java.JavaTypeFactory;
import org.apache.calcite.linq4j.AbstractEnumerable;
import org.apache.calcite.linq4j.Enumerable;
import org.apache.calcite.linq4j.Enumerator;
import org.apache.calcite.linq4j.Linq4j;
import org.apache.calcite.linq4j.QueryProvider;
import org.apache.calcite.runtime.FlatLists;
import org.apache.calcite.schema.SchemaPlus;
import org.jspecify.annotations.Nullable;

/** One run of a plan: its parameters, its bounds and what it has read. One thread; {@link #cancel} any. */
final class Execution implements DataContext {
    /** Rows between two looks at the clock: at about 0.2 us a row, some hundred a second. */
    private static final int ROWS_PER_CHECK = 1_024;

    /** How soon a cancelled statement notices while it waits. */
    private static final long WAIT_MS = 50;

    /** A row in memory without its values, and a value that is no text. */
    private static final int ROW_BYTES = 48;

    private static final int VALUE_BYTES = 16;
    private static final int TEXT_BYTES = 56;

    private final QueryOptions options;
    private final JobScans scans;
    private final JavaTypeFactory typeFactory;
    private final Map<String, Object> stashed;
    private final Map<String, @Nullable Object> parameters;
    private final AtomicBoolean cancelled = new AtomicBoolean();
    private long startNs = System.nanoTime();
    private final long startMs = System.currentTimeMillis();
    private final Map<ReadSpec, List<Object[]>> held = new HashMap<>();
    private long heldBytes;
    private long rowsRead;
    private long rowsScanned;

    Execution(
            QueryOptions options,
            JavaTypeFactory typeFactory,
            Map<String, Object> stashed,
            Map<String, @Nullable Object> parameters) {
        this.options = options;
        this.scans = new JobScans(options.client());
        this.typeFactory = typeFactory;
        this.stashed = stashed;
        this.parameters = parameters;
    }

    QueryOptions options() {
        return options;
    }

    JobScans scans() {
        return scans;
    }

    /** Value of a parameter by its name. */
    @Nullable
    Object parameter(String name) {
        return parameters.get(name);
    }

    void cancel() {
        cancelled.set(true);
    }

    /** Rows that shards looked at. */
    long rowsScanned() {
        return rowsScanned;
    }

    /** A page came, for which a shard looked at so many rows. */
    void onPage(int scanned) {
        rowsScanned += scanned;
    }

    /** Throws if the statement's time is over or its caller is gone. */
    void check() {
        if (cancelled.get()) {
            throw new SqlException(SqlException.Kind.CANCELLED, "The statement was cancelled.");
        }
        if (options.timeoutMs() > 0 && remainingMs() <= 0) {
            throw timedOut();
        }
    }

    /** The time-out counts from here on. */
    void restartTimeout() {
        startNs = System.nanoTime();
    }

    private SqlException timedOut() {
        return new SqlException(
                SqlException.Kind.TIMEOUT, "Query exceeded statement timeout of " + options.timeoutMs() + " ms");
    }

    private long remainingMs() {
        return options.timeoutMs() - TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNs);
    }

    /** Waits for what a shard answers, as long as the statement may. */
    <T> T await(CompletableFuture<T> answer) {
        while (true) {
            check();
            try {
                final long waitMs = options.timeoutMs() > 0 ? Math.min(WAIT_MS, remainingMs()) : WAIT_MS;
                return answer.get(Math.max(1, waitMs), TimeUnit.MILLISECONDS);
            } catch (TimeoutException notYet) {
                // Looks again whether the statement's time is over.
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
                throw new SqlException(SqlException.Kind.CANCELLED, "The statement was interrupted.", interrupted);
            } catch (ExecutionException failed) {
                if (failed.getCause() instanceof SiloException refused) {
                    throw refused;
                }
                throw new SqlException(
                        SqlException.Kind.FAILED, "Query execution failed: " + failed.getCause(), failed);
            }
        }
    }

    /** Whether a shard has rows of a tenant; empty = of any. */
    boolean holds(QueryShard shard, String tenant) {
        return tenant.isEmpty() || await(scans.holds(shard.tenantHash(), tenant));
    }

    /** Shows the counters of a shard's tenants, or of one. What no tenant can be called has none. */
    void tenants(QueryShard shard, String tenant, Predicate<JobScans.TenantJobs> visitor) {
        if (!holds(shard, tenant)) {
            return;
        }
        try {
            await(scans.tenants(shard.tenantHash(), tenant, visitor));
        } catch (SiloException refused) {
            if (!JobPages.NO_SUCH_NAME.contains(refused.reason())) {
                throw refused;
            }
        }
    }

    /** The rows of a read. */
    Enumerable<Object> read(ReadSpec spec) {
        return new AbstractEnumerable<Object>() {
            @Override
            public Enumerator<Object> enumerator() {
                return new Rows(Sources.open(Execution.this, spec), spec.use().isHeld(), spec.isOfOneColumn());
            }
        };
    }

    /** The rows of a read that is opened once for each row of another. */
    Enumerable<Object> repeated(ReadSpec spec) {
        List<Object[]> rows = held.get(spec);
        if (rows == null) {
            rows = new ArrayList<>();
            try (Rows source = new Rows(Sources.open(this, spec), true, false)) {
                while (source.moveNext()) {
                    rows.add(source.row);
                }
            }
            held.put(spec, rows);
        }
        final List<Object[]> kept = rows;
        return new AbstractEnumerable<Object>() {
            @Override
            public Enumerator<Object> enumerator() {
                return new Rows(kept.iterator()::next, kept.size(), spec.isOfOneColumn());
            }
        };
    }

    /** Where rows come from; null = there are no more. */
    interface Source {
        Object @Nullable [] next();
    }

    /** Counts what comes, and ends the statement at its bounds. */
    private final class Rows implements Enumerator<Object>, AutoCloseable {
        private final Source source;
        private final boolean isHeld;
        private final boolean isOfOneColumn;
        private Object[] row = {};

        Rows(Source source, boolean isHeld, boolean isOfOneColumn) {
            this.source = source;
            this.isHeld = isHeld;
            this.isOfOneColumn = isOfOneColumn;
        }

        Rows(Supplier<Object[]> rows, int count, boolean isOfOneColumn) {
            this(
                    new Source() {
                        private int left = count;

                        @Override
                        public Object @Nullable [] next() {
                            return left-- > 0 ? rows.get() : null;
                        }
                    },
                    false,
                    isOfOneColumn);
        }

        @Override
        public Object current() {
            // As compiled plans have rows: the value of one column, and the empty list of none.
            return isOfOneColumn ? row[0] : row.length == 0 ? FlatLists.of() : row;
        }

        @Override
        public boolean moveNext() {
            final Object[] next = source.next();
            if (next == null) {
                return false;
            }
            row = next;
            rowsRead++;
            if (rowsRead % ROWS_PER_CHECK == 0) {
                check();
            }
            if (isHeld) {
                hold(next);
            }
            return true;
        }

        @Override
        public void reset() {
            throw new UnsupportedOperationException("rows come once");
        }

        @Override
        public void close() {
            // Pages that were asked for ahead are dropped when they come.
        }
    }

    private void hold(Object[] row) {
        heldBytes += ROW_BYTES;
        for (final Object value : row) {
            heldBytes += value instanceof String text ? TEXT_BYTES + text.length() : VALUE_BYTES;
        }
        if (options.heldBytesMax() > 0 && heldBytes > options.heldBytesMax()) {
            throw new SqlException(
                    SqlException.Kind.TOO_LARGE,
                    "The statement sorts, joins or groups more than " + options.heldBytesMax()
                            + " bytes of rows; filter them, or project fewer columns");
        }
    }

    @Override
    public @Nullable SchemaPlus getRootSchema() {
        return null;
    }

    @Override
    public JavaTypeFactory getTypeFactory() {
        return typeFactory;
    }

    @Override
    public QueryProvider getQueryProvider() {
        return Linq4j.DEFAULT_PROVIDER;
    }

    @Override
    public @Nullable Object get(String name) {
        if (stashed.containsKey(name)) {
            return stashed.get(name);
        }
        if (parameters.containsKey(name)) {
            return parameters.get(name);
        }
        return switch (name) {
            case "utcTimestamp", "currentTimestamp", "localTimestamp" -> startMs;
            case "timeZone" -> TimeZone.getTimeZone("UTC");
            case "locale" -> Locale.ROOT;
            case "cancelFlag" -> cancelled;
            case "user", "systemUser" -> "silo";
            default -> null;
        };
    }
}
