package io.silo.sql;

import io.silo.client.JobCounts;
import io.silo.client.JobRows;
import io.silo.client.JobScan;
import io.silo.client.JobScans;
import io.silo.client.JobStatus;
import io.silo.client.Payload;
import io.silo.client.SiloException;
import io.silo.protocol.RejectReason;
import io.silo.sql.Execution.Source;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/** The rows of each table, made of what shards tell. Stateless. */
final class Sources {
    private static final HexFormat HEX = HexFormat.of();

    private Sources() {}

    static Source open(Execution execution, ReadSpec spec) {
        final Bounds bounds = spec.bounds(execution::parameter);
        return switch (spec.table()) {
            case JOBS -> jobs(execution, spec, bounds);
            case TASKS -> tasks(execution, spec, bounds);
            case QUEUES -> queues(execution, spec, bounds);
            case QUEUE_COUNTS -> queueCounts(execution, spec, bounds);
            case JOB_COUNTS -> jobCounts(execution, spec, bounds);
            case TENANT_COUNTS -> tenantCounts(execution, spec, bounds);
        };
    }

    // ---- jobs
    // ----------------------------------------------------------------------------------------------------------------

    private static Source jobs(Execution execution, ReadSpec spec, Bounds bounds) {
        final int columns = (spec.has("id") || spec.has("payload") ? JobScan.IDS : 0)
                | (spec.has("limits") ? JobScan.LIMITS : 0)
                | (spec.has("metadata") || spec.has("enqueue_time_ms") ? JobScan.DEFINITIONS : 0)
                | (spec.has("payload") ? JobScan.PAYLOADS : 0);
        final JobStream stream = new JobStream(execution, spec, bounds, columns, false);
        return rows(spec, stream, field -> job(execution, stream, field));
    }

    /** A row of a stream's rows, of the fields that are wanted. */
    private static Source rows(ReadSpec spec, JobStream stream, IntFunction<@Nullable Object> value) {
        final int[] fields = places(spec);
        return () -> {
            if (!stream.next()) {
                return null;
            }
            final Object[] row = new Object[fields.length];
            for (int i = 0; i < fields.length; i++) {
                row[i] = value.apply(fields[i]);
            }
            return row;
        };
    }

    /** Counts where all rows are looked at, and else jobs one by one. */
    private static Source jobCounts(Execution execution, ReadSpec spec, Bounds bounds) {
        final int columns = JobScan.GROUPED
                | (spec.has("tenant") ? JobScan.BY_TENANT : 0)
                | (spec.has("task_group") ? JobScan.BY_TASK_GROUP : 0);
        final JobStream stream = new JobStream(execution, spec, bounds, columns, false);
        return rows(spec, stream, field -> jobCount(stream, field));
    }

    /** @param field in the order of {@link SqlTable#JOB_COUNTS}. */
    private static Object jobCount(JobStream stream, int field) {
        final JobRows page = stream.page();
        final int row = stream.row();
        return switch (field) {
            case 0 -> stream.shard().id();
            case 1 -> page.tenant(row);
            case 2 -> page.taskGroup(row);
            case 3 -> DisplayStatus.shown(page.status(row), page.startAtMs(row), page.asOfMs());
            case 4 -> (long) page.jobs(row);
            default -> throw new IllegalArgumentException("no column " + field);
        };
    }

    private static int[] places(ReadSpec spec) {
        return spec.fields().stream().mapToInt(Integer::intValue).toArray();
    }

    /** @param field in the order of {@link SqlTable#JOBS}. */
    private static @Nullable Object job(Execution execution, JobStream stream, int field) {
        final JobRows page = stream.page();
        final int row = stream.row();
        return switch (field) {
            case 0 -> stream.shard().id();
            case 1 -> page.tenant(row);
            case 2 -> page.id(row);
            case 3 -> page.priority(row);
            case 4 -> definition(page, row).enqueuedAtMs();
            case 5 -> payload(execution, page, row);
            case 6 -> DisplayStatus.shown(page.status(row), page.startAtMs(row), page.asOfMs());
            case 7 -> page.changedAtMs(row);
            case 8 -> page.taskGroup(row);
            case 9 -> isPending(page, row) ? page.attempt(row) : null;
            case 10 -> isPending(page, row) ? page.startAtMs(row) : null;
            case 11 -> definition(page, row).metadata();
            case 12 -> JsonText.limits(page.claims(row));
            default -> throw new IllegalArgumentException("no column " + field);
        };
    }

    /** Whether an attempt is pending, or was when the job was cancelled. */
    private static boolean isPending(JobRows page, int row) {
        return page.status(row) == JobStatus.SCHEDULED
                || page.status(row) == JobStatus.CANCELLED && page.startAtMs(row) != 0;
    }

    private static JobRows.Definition definition(JobRows page, int row) {
        final JobRows.Definition definition = page.definition(row);
        if (definition == null) {
            throw new SqlException(
                    SqlException.Kind.FAILED, "Query execution failed: a row came without its definition");
        }
        return definition;
    }

    private static @Nullable String payload(Execution execution, JobRows page, int row) {
        final JobRows.Definition definition = definition(page, row);
        final byte[] inline = definition.payload();
        if (inline != null) {
            return JsonText.payload(inline, definition.encoding());
        }
        try {
            final Payload read = execution.await(execution.scans().payload(page.tenant(row), page.id(row)));
            return JsonText.payload(read.bytes(), read.encoding());
        } catch (SiloException refused) {
            if (refused.reason() == RejectReason.JOB_NOT_FOUND || refused.reason() == RejectReason.RESULT_GONE) {
                // It was deleted since its row was read.
                return null;
            }
            throw refused;
        }
    }

    // ---- tasks and queues
    // ----------------------------------------------------------------------------------------------------

    private static Source tasks(Execution execution, ReadSpec spec, Bounds bounds) {
        final Bounds pending = bounds.and(Bounds.ofStatuses(JobScan.bit(JobStatus.SCHEDULED) | JobScan.WAITING));
        final int columns = JobScan.IDS | (spec.has("variant_type") ? JobScan.LIMITS : 0);
        final JobStream stream = new JobStream(execution, spec, pending, columns, false);
        final int[] fields = places(spec);
        return () -> {
            if (!stream.next()) {
                return null;
            }
            final JobRows page = stream.page();
            final int row = stream.row();
            final Object[] values = new Object[fields.length];
            for (int i = 0; i < fields.length; i++) {
                values[i] = switch (fields[i]) {
                    case 0 -> stream.shard().id();
                    case 1 -> page.tenant(row);
                    case 2 -> page.taskGroup(row);
                    case 3 -> page.startAtMs(row);
                    case 4 -> page.priority(row);
                    case 5 -> page.id(row);
                    case 6 -> page.attempt(row);
                    case 7 -> variant(page, row);
                    case 8 -> page.id(row) + ':' + page.attempt(row);
                    // A lease takes all slots of its job at once; who waits holds none.
                    case 9 -> "[]";
                    default -> throw new IllegalArgumentException("no column " + fields[i]);
                };
            }
            return values;
        };
    }

    private static String variant(JobRows page, int row) {
        final int awaited = page.awaited(row);
        if (awaited < 0) {
            return "RunAttempt";
        }
        return page.claims(row).get(awaited).kind() == JobRows.Claim.Kind.RATE ? "CheckRateLimit" : "RequestTicket";
    }

    /** One who holds a slot of a limit, or waits for one. */
    private record Entry(
            QueryShard shard,
            String tenant,
            JobRows.Claim claim,
            boolean isHolder,
            String taskId,
            @Nullable String jobId,
            @Nullable Integer priority,
            long timestampMs) {}

    private static Source queues(Execution execution, ReadSpec spec, Bounds bounds) {
        final Entries entries = new Entries(execution, spec, bounds);
        final int[] fields = places(spec);
        return () -> {
            final Entry entry = entries.next();
            if (entry == null) {
                return null;
            }
            final Object[] values = new Object[fields.length];
            for (int i = 0; i < fields.length; i++) {
                values[i] = switch (fields[i]) {
                    case 0 -> entry.shard().id();
                    case 1 -> entry.tenant();
                    case 2 -> entry.claim().key();
                    case 3 -> entry.isHolder() ? "holder" : "requester";
                    case 4 -> entry.taskId();
                    case 5 -> entry.jobId();
                    case 6 -> entry.priority();
                    case 7 -> entry.timestampMs();
                    default -> throw new IllegalArgumentException("no column " + fields[i]);
                };
            }
            return values;
        };
    }

    /** The holders and requesters of the shards, job by job. */
    private static final class Entries {
        private final JobStream stream;
        private final @Nullable Set<String> ids;
        private final Deque<Entry> ready = new ArrayDeque<>();

        Entries(Execution execution, ReadSpec spec, Bounds bounds) {
            // A holder has no job id, so a filter on it says nothing of holders; but such a filter passes requesters
            // only.
            ids = bounds.ids();
            final int columns = JobScan.IDS | JobScan.LIMITS | JobScan.LEASES;
            final int statuses = JobScan.WAITING | JobScan.bit(JobStatus.RUNNING);
            stream = new JobStream(execution, spec, bounds.and(Bounds.ofStatuses(statuses)), columns, true);
        }

        @Nullable
        Entry next() {
            while (ready.isEmpty()) {
                if (!stream.next()) {
                    return null;
                }
                add(stream.page(), stream.row());
            }
            return ready.removeFirst();
        }

        private void add(JobRows page, int row) {
            final List<JobRows.Claim> claims = page.claims(row);
            final JobRows.Lease lease = page.lease(row);
            for (int place = 0; place < claims.size(); place++) {
                final JobRows.Claim claim = claims.get(place);
                if (claim.isHeld() && lease != null && ids == null) {
                    final String taskId = taskId(page.key(row), lease);
                    ready.add(new Entry(
                            stream.shard(), page.tenant(row), claim, true, taskId, null, null, lease.startedAtMs()));
                } else if (place == page.awaited(row) && claim.kind() != JobRows.Claim.Kind.RATE) {
                    final String taskId =
                            page.id(row) + ':' + page.attempt(row) + ':' + HEX.toHexDigits((int) page.key(row));
                    ready.add(new Entry(
                            stream.shard(),
                            page.tenant(row),
                            claim,
                            false,
                            taskId,
                            page.id(row),
                            page.priority(row),
                            page.startAtMs(row)));
                }
            }
        }
    }

    /** As workers that came by gRPC know their task. */
    private static String taskId(long jobKey, JobRows.Lease lease) {
        return HEX.toHexDigits(jobKey) + HEX.toHexDigits(lease.epoch()) + HEX.toHexDigits(lease.token());
    }

    /** How many hold slots of a limit, and wait for one. */
    private static final class Queue {
        private final Entry first;
        private long holders;
        private long requesters;
        private long max;
        private boolean isFloating;

        Queue(Entry first) {
            this.first = first;
        }

        void add(Entry entry) {
            holders += entry.isHolder() ? 1 : 0;
            requesters += entry.isHolder() ? 0 : 1;
            max = entry.claim().max();
            isFloating = entry.claim().kind() == JobRows.Claim.Kind.FLOATING;
        }
    }

    private static Source queueCounts(Execution execution, ReadSpec spec, Bounds bounds) {
        final Entries entries = new Entries(execution, spec, bounds);
        final Map<List<String>, Queue> queues = new LinkedHashMap<>();
        for (Entry entry = entries.next(); entry != null; entry = entries.next()) {
            final Entry named = entry;
            queues.computeIfAbsent(
                            List.of(
                                    entry.shard().id(),
                                    entry.tenant(),
                                    entry.claim().key()),
                            key -> new Queue(named))
                    .add(entry);
        }
        final Deque<Queue> counted = new ArrayDeque<>(queues.values());
        final int[] fields = places(spec);
        return () -> {
            final Queue queue = counted.pollFirst();
            if (queue == null) {
                return null;
            }
            final Object[] values = new Object[fields.length];
            for (int i = 0; i < fields.length; i++) {
                values[i] = switch (fields[i]) {
                    case 0 -> queue.first.shard().id();
                    case 1 -> queue.first.tenant();
                    case 2 -> queue.first.claim().key();
                    case 3 -> queue.holders;
                    case 4 -> queue.requesters;
                    case 5 -> queue.max;
                    case 6 -> queue.isFloating ? "floating" : "fixed";
                    default -> throw new IllegalArgumentException("no column " + fields[i]);
                };
            }
            return values;
        };
    }

    // ---- counters
    // -----------------------------------------------------------------------------------------------------------

    private static Source tenantCounts(Execution execution, ReadSpec spec, Bounds bounds) {
        final Set<String> tenants = bounds.tenants();
        final Deque<Object[]> rows = new ArrayDeque<>();
        final int[] fields = places(spec);
        for (final QueryShard shard : execution.options().shards()) {
            final String scope = shard.scope(execution.options());
            if (bounds.isNothing() || !scope.isEmpty() && tenants != null && !tenants.contains(scope)) {
                continue;
            }
            final String only = !scope.isEmpty()
                    ? scope
                    : tenants != null && tenants.size() == 1
                            ? tenants.iterator().next()
                            : "";
            execution.tenants(shard, only, counted -> {
                addCounts(rows, fields, shard, counted);
                return true;
            });
        }
        return rows::pollFirst;
    }

    private static void addCounts(Deque<Object[]> rows, int[] fields, QueryShard shard, JobScans.TenantJobs counted) {
        final JobCounts jobs = counted.jobs();
        final long[] counts = {jobs.scheduled(), jobs.running(), jobs.succeeded(), jobs.failed(), jobs.cancelled()};
        for (final JobStatus status : JobStatus.values()) {
            if (counts[status.ordinal()] > 0) {
                rows.add(tenantCount(fields, shard, counted.tenant(), status, counts[status.ordinal()]));
            }
        }
    }

    private static Object[] tenantCount(int[] fields, QueryShard shard, String tenant, JobStatus status, long count) {
        final Object[] values = new Object[fields.length];
        for (int i = 0; i < fields.length; i++) {
            values[i] = switch (fields[i]) {
                case 0 -> shard.id();
                case 1 -> tenant;
                case 2 -> DisplayStatus.stored(status);
                case 3 -> count;
                default -> throw new IllegalArgumentException("no column " + fields[i]);
            };
        }
        return values;
    }
}
