package io.silo.client;

import io.silo.protocol.Bounds;
import io.silo.protocol.RejectReason;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** How a client changes and lists schedules: what is split, and fetched page by page. Any thread. */
final class Schedules {
    /** Lengths of the two names. */
    private static final int NAMES_BYTES = 2 * Short.BYTES;

    /** Shard of a list of one tenant. */
    private static final int OF_TENANT = -1;

    private static final int FIRINGS_ENCODABLE_MAX = 255;

    private final SiloClient client;

    Schedules(SiloClient client) {
        this.client = client;
    }

    CompletableFuture<Optional<Instant>> put(ScheduleRequest request, boolean createOnly) {
        final String tenant = request.tenant() == null ? client.settings().tenant : request.tenant();
        final RejectReason refused = unencodable(request, tenant);
        return refused != null
                ? CompletableFuture.failedFuture(new SiloException(refused))
                : client.submit(new ScheduleCalls.Put(
                        request, tenant, createOnly, client.settings().durability, client.deadlineNs()));
    }

    /** What no message can hold or say. */
    private static @Nullable RejectReason unencodable(ScheduleRequest request, String tenant) {
        final RejectReason refused = request.job.unencodable(tenant);
        if (refused != null) {
            return refused == RejectReason.INVALID_JOB_ID ? RejectReason.INVALID_SCHEDULE_ID : refused;
        }
        if (JobRequest.utf8Length(request.cron) > Bounds.CRON_BYTES_MAX) {
            return RejectReason.INVALID_SCHEDULE;
        }
        if (JobRequest.utf8Length(request.zone) > Bounds.CRON_BYTES_MAX) {
            return RejectReason.INVALID_TIME_ZONE;
        }
        // Nothing of a schedule is uploaded.
        return request.job.payload.size() > Bounds.INLINE_BYTES_MAX
                        || request.encodedLengthMax(tenant) > Batches.ROOM_BYTES
                ? RejectReason.PAYLOAD_TOO_LARGE
                : null;
    }

    CompletableFuture<List<ScheduleChange>> change(ScheduleCalls.Change change, List<ScheduleRef> schedules) {
        final @Nullable ScheduleChange[] results = new ScheduleChange[schedules.size()];
        final List<ScheduleRef> sound = new ArrayList<>(schedules.size());
        final List<Integer> places = new ArrayList<>(schedules.size());
        for (int i = 0; i < results.length; i++) {
            final ScheduleRef schedule = schedules.get(i);
            final RejectReason refused = unencodable(schedule);
            if (refused == null) {
                sound.add(schedule);
                places.add(i);
            } else {
                results[i] = new ScheduleChange(schedule, refused, null);
            }
        }
        if (sound.isEmpty()) {
            return CompletableFuture.completedFuture(Arrays.asList(results));
        }
        return client.withMap()
                .thenCompose(map -> Batches.send(
                        sound,
                        schedule -> String.valueOf(map.target(ShardMap.hash(schedule.tenant()))),
                        Schedules::length,
                        Bounds.BATCH_ITEMS_MAX,
                        batch -> client.submit(new ScheduleCalls.ChangeSchedules(
                                change, batch, client.settings().durability, client.deadlineNs()))))
                .thenApply(answers -> {
                    for (int i = 0; i < answers.size(); i++) {
                        results[places.get(i)] = answers.get(i);
                    }
                    return Arrays.asList(results);
                });
    }

    private static @Nullable RejectReason unencodable(ScheduleRef schedule) {
        if (JobRequest.utf8Length(schedule.tenant()) > JobRequest.TEXT_BYTES_MAX) {
            return RejectReason.INVALID_TENANT;
        }
        return JobRequest.utf8Length(schedule.id()) > JobRequest.TEXT_BYTES_MAX
                ? RejectReason.INVALID_SCHEDULE_ID
                : null;
    }

    /** Bytes of the names in a message. */
    static int length(ScheduleRef schedule) {
        return NAMES_BYTES + JobRequest.utf8Length(schedule.tenant()) + JobRequest.utf8Length(schedule.id());
    }

    CompletableFuture<Schedule> get(ScheduleRef schedule, int firings) {
        final RejectReason refused =
                firings < 0 || firings > FIRINGS_ENCODABLE_MAX ? RejectReason.INVALID_LIMIT : unencodable(schedule);
        return refused != null
                ? CompletableFuture.failedFuture(new SiloException(refused))
                : client.submit(new ScheduleCalls.GetSchedule(schedule, firings, client.deadlineNs()));
    }

    /** Those of a tenant, or with an empty one those of all shards: one shard after the other, page by page. */
    CompletableFuture<List<ScheduleSummary>> list(String tenant) {
        if (JobRequest.utf8Length(tenant) > JobRequest.TEXT_BYTES_MAX) {
            return CompletableFuture.failedFuture(new SiloException(RejectReason.INVALID_TENANT));
        }
        final List<ScheduleSummary> all = new ArrayList<>();
        if (!tenant.isEmpty()) {
            return list(OF_TENANT, tenant, null, all);
        }
        return client.withMap().thenCompose(map -> {
            CompletableFuture<List<ScheduleSummary>> listed = CompletableFuture.completedFuture(all);
            for (final ShardMap.Target target : map.targets()) {
                listed = listed.thenCompose(before -> list(target.shard(), tenant, null, before));
            }
            return listed.thenApply(schedules -> {
                schedules.sort(Comparator.comparing(ScheduleSummary::tenant).thenComparing(ScheduleSummary::id));
                return schedules;
            });
        });
    }

    private CompletableFuture<List<ScheduleSummary>> list(
            int shard, String tenant, @Nullable ScheduleRef after, List<ScheduleSummary> into) {
        return client.submit(new ScheduleCalls.ListSchedules(shard, tenant, after, client.deadlineNs()))
                .thenCompose(page -> {
                    into.addAll(page.schedules());
                    if (page.isLast()) {
                        return CompletableFuture.completedFuture(into);
                    }
                    final ScheduleSummary last = into.get(into.size() - 1);
                    return list(shard, tenant, new ScheduleRef(last.tenant(), last.id()), into);
                });
    }
}
