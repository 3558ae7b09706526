package io.silo.gateway;

import io.silo.client.EventPage;
import io.silo.client.JobEvent;
import io.silo.client.ShardEvents;
import io.silo.grpc.v1.JobStatus;
import io.silo.grpc.v2.FollowEventsResponse;
import io.silo.grpc.v2.JobEventKind;
import io.silo.grpc.v2.LeaseEndCause;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What the followers of one shard share. A page that several ask for is read once; and while some of them wait at the end of the log, one
 * call at a time asks for all of them whether it has grown, ever more rarely while it has not. Guarded by itself; any thread.
 */
final class EventFeed {
    /** Pages under way at once: a shard reads few at a time for all its clients. The others wait, each follower with one at most. */
    private static final int READS_MAX = 4;

    /** The end is asked for first after so long, and twice as long each time that the log has not grown. */
    private static final long WATCH_MS_MIN = 2;

    private static final long WATCH_MS_MAX = 32;

    private final ShardEvents events;
    private final long tenantHash;
    private final ScheduledExecutorService clock;
    private final Map<Asked, CompletableFuture<FollowEventsResponse>> pages = new HashMap<>();
    private final Deque<Asked> queue = new ArrayDeque<>();
    private final List<Waiter> waiters = new ArrayList<>();
    private int reading;
    private boolean watching;
    private long watchMs = WATCH_MS_MIN;

    /** A page. */
    record Asked(String tenant, long position, int index, int eventsMax) {}

    /** @param sinceNs when it began to wait, by the monotonic clock. */
    private record Waiter(long position, long sinceNs, long timeoutNs, CompletableFuture<Boolean> future) {}

    /**
     * @param tenantHash any that the shard holds.
     * @param clock asks for the end of the log.
     */
    EventFeed(ShardEvents events, long tenantHash, ScheduledExecutorService clock) {
        this.clock = clock;
        this.events = events;
        this.tenantHash = tenantHash;
    }

    /** Reads a page; who asks for one that is under way gets that. */
    CompletableFuture<FollowEventsResponse> page(Asked asked) {
        final CompletableFuture<FollowEventsResponse> page;
        synchronized (this) {
            final CompletableFuture<FollowEventsResponse> underWay = pages.get(asked);
            if (underWay != null) {
                return underWay;
            }
            page = new CompletableFuture<>();
            pages.put(asked, page);
            if (reading == READS_MAX) {
                queue.add(asked);
                return page;
            }
            reading++;
        }
        read(asked);
        return page;
    }

    private void read(Asked asked) {
        var unused = events.page(tenantHash, asked.tenant(), asked.position(), asked.index(), asked.eventsMax())
                .thenApply(EventFeed::response)
                .whenComplete((page, failed) -> onRead(asked, page, failed));
    }

    private void onRead(Asked asked, @Nullable FollowEventsResponse page, @Nullable Throwable failed) {
        final CompletableFuture<FollowEventsResponse> told;
        final Asked next;
        synchronized (this) {
            told = pages.remove(asked);
            next = queue.poll();
            if (next == null) {
                reading--;
            }
        }
        if (next != null) {
            read(next);
        }
        if (told != null) {
            if (failed == null) {
                told.complete(page);
            } else {
                told.completeExceptionally(failed);
            }
        }
    }

    /**
     * Waits until something durable lies behind a position.
     *
     * @return whether it does; false after about so long.
     */
    CompletableFuture<Boolean> awaitBehind(long position, long timeoutNs) {
        final CompletableFuture<Boolean> future = new CompletableFuture<>();
        final boolean begins;
        synchronized (this) {
            waiters.add(new Waiter(position, System.nanoTime(), timeoutNs, future));
            begins = !watching;
            watching = true;
        }
        if (begins) {
            watchLater(WATCH_MS_MIN);
        }
        return future;
    }

    private void watchLater(long ms) {
        try {
            var unused = clock.schedule(this::watch, ms, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException stopping) {
            // Whoever waits has been told that the server stops.
        }
    }

    private void watch() {
        var unused = events.page(tenantHash, "", ShardEvents.END, 0, 0).whenComplete(this::onWatched);
    }

    private void onWatched(@Nullable EventPage end, @Nullable Throwable failed) {
        final List<Waiter> grown = new ArrayList<>();
        final List<Waiter> over = new ArrayList<>();
        final long nextMs;
        synchronized (this) {
            final long nowNs = System.nanoTime();
            for (final Iterator<Waiter> all = waiters.iterator(); all.hasNext(); ) {
                final Waiter waiter = all.next();
                if (end == null || end.durablePosition() > waiter.position()) {
                    grown.add(waiter);
                    all.remove();
                } else if (nowNs - waiter.sinceNs() >= waiter.timeoutNs()) {
                    over.add(waiter);
                    all.remove();
                }
            }
            watchMs = grown.isEmpty() ? Math.min(2 * watchMs, WATCH_MS_MAX) : WATCH_MS_MIN;
            // What has timed out comes back at once: the watch goes on for it.
            watching = !waiters.isEmpty() || !over.isEmpty();
            nextMs = watching ? watchMs : 0;
        }
        if (nextMs > 0) {
            watchLater(nextMs);
        }
        for (final Waiter waiter : grown) {
            if (failed == null) {
                waiter.future().complete(true);
            } else {
                waiter.future().completeExceptionally(failed);
            }
        }
        over.forEach(waiter -> waiter.future().complete(false));
    }

    private static FollowEventsResponse response(EventPage page) {
        final FollowEventsResponse.Builder response = FollowEventsResponse.newBuilder()
                .setNextPosition(page.nextPosition())
                .setNextIndex(page.nextIndex())
                .setDurablePosition(page.durablePosition())
                .setFirstPosition(page.firstPosition())
                .setCaughtUp(page.isAtEnd());
        for (final JobEvent event : page.events()) {
            response.addEvents(event(event));
        }
        return response.build();
    }

    private static io.silo.grpc.v2.JobEvent event(JobEvent event) {
        final io.silo.grpc.v2.JobEvent.Builder told = io.silo.grpc.v2.JobEvent.newBuilder()
                .setPosition(event.position())
                .setIndex(event.index())
                .setTimeMs(event.timeMs())
                .setKind(kind(event.kind()))
                .setJobKey(event.jobKey())
                .setTenant(event.tenant())
                .setJobId(event.jobId())
                .setTaskGroup(event.taskGroup())
                .setPriority(event.priority())
                .setAttempt(event.attempt())
                .setWorkerId(event.workerId())
                .setErrorCode(event.errorCode())
                .setStartedAtMs(event.startedAtMs())
                .setNextStartMs(event.nextStartMs())
                .setCause(cause(event.cause()));
        final io.silo.client.JobStatus status = event.status();
        if (status != null) {
            told.setStatus(status(status));
        }
        return told.build();
    }

    private static JobEventKind kind(io.silo.client.JobEventKind kind) {
        return switch (kind) {
            case ENQUEUED -> JobEventKind.JOB_EVENT_KIND_ENQUEUED;
            case IMPORTED -> JobEventKind.JOB_EVENT_KIND_IMPORTED;
            case LEASED -> JobEventKind.JOB_EVENT_KIND_LEASED;
            case LEASE_RETURNED -> JobEventKind.JOB_EVENT_KIND_LEASE_RETURNED;
            case SUCCEEDED -> JobEventKind.JOB_EVENT_KIND_SUCCEEDED;
            case FAILED -> JobEventKind.JOB_EVENT_KIND_FAILED;
            case REFUSED -> JobEventKind.JOB_EVENT_KIND_REFUSED;
            case CANCEL_REQUESTED -> JobEventKind.JOB_EVENT_KIND_CANCEL_REQUESTED;
            case CANCELLED -> JobEventKind.JOB_EVENT_KIND_CANCELLED;
            case RESTARTED -> JobEventKind.JOB_EVENT_KIND_RESTARTED;
            case EXPEDITED -> JobEventKind.JOB_EVENT_KIND_EXPEDITED;
            case SLOTS_DROPPED -> JobEventKind.JOB_EVENT_KIND_SLOTS_DROPPED;
            case DELETED -> JobEventKind.JOB_EVENT_KIND_DELETED;
        };
    }

    private static LeaseEndCause cause(io.silo.client.LeaseEndCause cause) {
        return switch (cause) {
            case NONE -> LeaseEndCause.LEASE_END_CAUSE_UNSPECIFIED;
            case REPORTED -> LeaseEndCause.LEASE_END_CAUSE_REPORTED;
            case EXPIRED -> LeaseEndCause.LEASE_END_CAUSE_EXPIRED;
            case OVERRAN -> LeaseEndCause.LEASE_END_CAUSE_OVERRAN;
            case RETURNED -> LeaseEndCause.LEASE_END_CAUSE_RETURNED;
            case SESSION_CLOSED -> LeaseEndCause.LEASE_END_CAUSE_SESSION_CLOSED;
            case UNCLAIMED_AFTER_RESTART -> LeaseEndCause.LEASE_END_CAUSE_UNCLAIMED_AFTER_RESTART;
            case SNOOZED -> LeaseEndCause.LEASE_END_CAUSE_SNOOZED;
        };
    }

    private static JobStatus status(io.silo.client.JobStatus status) {
        return switch (status) {
            case SCHEDULED -> JobStatus.JOB_STATUS_SCHEDULED;
            case RUNNING -> JobStatus.JOB_STATUS_RUNNING;
            case SUCCEEDED -> JobStatus.JOB_STATUS_SUCCEEDED;
            case FAILED -> JobStatus.JOB_STATUS_FAILED;
            case CANCELLED -> JobStatus.JOB_STATUS_CANCELLED;
        };
    }
}
