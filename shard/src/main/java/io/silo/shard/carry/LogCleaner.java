package io.silo.shard.carry;

import io.silo.log.EventLog;
import io.silo.protocol.Bounds;
import io.silo.protocol.event.CarriedThroughEncoder;
import io.silo.protocol.event.LimitSetEncoder;
import io.silo.protocol.event.MessageHeaderEncoder;
import io.silo.protocol.event.PauseKind;
import io.silo.protocol.event.PauseSetEncoder;
import io.silo.protocol.event.RequestRememberedEncoder;
import io.silo.protocol.event.ScheduleSetEncoder;
import io.silo.shard.command.Uploads;
import io.silo.shard.event.BulkStarts;
import io.silo.shard.event.FloatingLimitSets;
import io.silo.shard.event.RateBucketEvents;
import io.silo.shard.event.RecordBuffer;
import io.silo.shard.event.TenantSets;
import io.silo.shard.state.BulkChange;
import io.silo.shard.state.FloatingLimits;
import io.silo.shard.state.JobView;
import io.silo.shard.state.LimitReport;
import io.silo.shard.state.Pauses;
import io.silo.shard.state.RateView;
import io.silo.shard.state.RequestMemory;
import io.silo.shard.state.RowSlab;
import io.silo.shard.state.Schedule;
import io.silo.shard.state.ShardCounters;
import io.silo.shard.state.ShardCounters.Figure;
import io.silo.shard.state.ShardView;
import io.silo.shard.state.TenantSettings;
import java.util.ArrayList;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Carries live records out of the oldest cycle, a slice per duty cycle, so that the cycle can be trimmed: when {@link CleaningPolicy}
 * says so, or when asked to. Shard thread only.
 *
 * <p>Asked to compact, it carries cycle after cycle until none is left that was there then. What it appends meanwhile lies in later ones,
 * so that this ends.
 *
 * <pre>
 *   IDLE --due or asked for--> SCANNING --every row seen; CarriedThrough appended--> SETTLING --it is durable; cycle let go--> IDLE
 * </pre>
 *
 * A crash anywhere loses nothing: images only repeat what is in the log, and nothing is let go before CarriedThrough is durable.
 */
public final class LogCleaner {
    /** Rows looked at in one slice: about 20 us (design: at most 100 us). */
    private static final int ROWS_PER_SLICE = 4_096;

    /** Jobs looked at in one slice, 8 bytes each: about 20 us. */
    private static final int JOBS_PER_SLICE = 65_536;

    /** Room asked for a slice's record: about 100 us of reading and encoding. An image or chunk that is longer gets its own. */
    private static final int BYTES_PER_SLICE = 64 * 1024;

    /** A RequestRemembered event with its header. */
    private static final int REQUEST_BYTES = 64;

    private static final int SCHEDULES_PER_SLICE = 64;

    /** A PauseSet event with the longest name. */
    private static final int PAUSE_BYTES = 64 + 4 * Bounds.TASK_GROUP_CHARACTERS_MAX;

    /** A LimitSet event with the longest names. */
    private static final int LIMIT_BYTES = 64 + 4 * Bounds.TENANT_CHARACTERS_MAX + Bounds.LIMIT_KEY_BYTES_MAX;

    /** A ScheduleSet event without its template. */
    private static final int SCHEDULE_BYTES = 128 + 2 * Bounds.CRON_BYTES_MAX;

    private enum Phase {
        IDLE,
        SCANNING,
        SETTLING
    }

    private final ShardView view;
    private final EventLog log;
    private final ShardCounters counters;
    private final JobImages images;
    private final CleaningPolicy policy;
    private final MessageHeaderEncoder header = new MessageHeaderEncoder();
    private final RequestRememberedEncoder remembered = new RequestRememberedEncoder();
    private final ScheduleSetEncoder scheduleSet = new ScheduleSetEncoder();
    private final BulkStarts bulkStarts = new BulkStarts();
    private final TenantSets tenantSets = new TenantSets();
    private final FloatingLimitSets floatingLimitSets = new FloatingLimitSets();
    private final UnsafeBuffer tenant = new UnsafeBuffer(0, 0);
    private final PauseSetEncoder pauseSet = new PauseSetEncoder();
    private final LimitSetEncoder limitSet = new LimitSetEncoder();
    private final UnsafeBuffer name = new UnsafeBuffer(0, 0);
    private final List<Schedule> stale = new ArrayList<>();
    private final RateBucketEvents bucketEvents = new RateBucketEvents();
    private final CarriedThroughEncoder carriedThrough = new CarriedThroughEncoder();
    private Phase phase = Phase.IDLE;
    private boolean isAskedFor;
    private boolean isHeld;
    private long throughPosition;
    private int throughCycle;
    private long settledAtPosition;
    private int nextSlot;
    private int nextRequest;
    private int nextBucket;
    private int nextLimit;
    private int nextFloating;
    private int scheduleBytes;

    /** Cycles that begin at or before this position are cleaned whatever the policy says. */
    private long compactThrough = EventLog.NULL_POSITION;

    public LogCleaner(ShardView view, EventLog log, ShardCounters counters) {
        this.view = view;
        this.log = log;
        this.counters = counters;
        this.images = new JobImages(view, log);
        this.policy = new CleaningPolicy(view, log);
    }

    /**
     * Begins with the oldest cycle, whatever it holds, and goes on without regard to a budget; false if only
     * the active one is left, or if a carry is under way, which then goes on so.
     */
    public boolean beginNow(Uploads uploads) {
        final boolean isBegun = begin(uploads, log.oldestCycleLastPosition());
        isAskedFor = phase != Phase.IDLE;
        return isBegun;
    }

    /**
     * Orders that every cycle which is there now is cleaned, the active one too, which is rolled for it. The work is done as always, by
     * {@link #wantsSlice}: in slices, within the policy's budget, and not while held or while a recent upload would be lost by it. Forgotten
     * when the shard closes. A second order while one is under way moves its end up to now.
     */
    public void compact() {
        compactThrough = log.appendedPosition();
    }

    /** Whether cycles are left that {@link #compact} spoke of. */
    public boolean isCompacting() {
        return log.firstPosition() <= compactThrough;
    }

    /** Begins with all up to a position; false if only the active cycle is left or a carry is under way. */
    private boolean begin(Uploads uploads, long last) {
        if (phase != Phase.IDLE || last == EventLog.NULL_POSITION) {
            return false;
        }
        throughPosition = last;
        throughCycle = view.jobs().liveBytes().cycleOf(last);
        uploads.dropThrough(throughPosition);
        log.readAheadOldest();
        nextSlot = 0;
        nextRequest = 0;
        nextBucket = 0;
        nextLimit = 0;
        nextFloating = 0;
        phase = Phase.SCANNING;
        return true;
    }

    /**
     * Whether {@link #doSlice} is to be called now. Begins a carry that is due.
     *
     * @param monotonicMs as uploads count their age.
     * @param nowNs monotonic.
     */
    public boolean wantsSlice(Uploads uploads, long monotonicMs, long nowNs) {
        // The policy is asked in any case: by what it sees it sets the pace.
        if (phase == Phase.IDLE && !isHeld && (policy.isDue(nowNs) || isCompacting())) {
            final long last = log.oldestCyclesLastPosition(policy.smallCycleBytes());
            if (!uploads.isKept(last, monotonicMs)) {
                begin(uploads, last);
            }
        }
        return switch (phase) {
            case IDLE -> wantsRoll();
            case SCANNING -> isAskedFor || policy.allows(nowNs);
            case SETTLING -> true;
        };
    }

    /** What is to be compacted is never carried out of the cycle that is written. */
    private boolean wantsRoll() {
        return !isHeld && log.activeFirstPosition() <= compactThrough;
    }

    /** While held it begins nothing by itself. */
    public void hold(boolean held) {
        isHeld = held;
    }

    /** Commands appended a record of so many bytes; the cleaner's own count too. */
    public void appended(int bytes) {
        policy.appended(bytes);
    }

    /** Bytes that the log would have if all of it were carried: an estimate. */
    public long liveBytes() {
        return policy.liveBytes();
    }

    /** Room that the next slice needs for its record, header included. */
    public int bytesWanted() {
        return Math.max(BYTES_PER_SLICE, Math.max(images.bytesWanted(), scheduleBytes + EventLog.HEADER_BYTES + 64));
    }

    /**
     * Writes images into {@code record}, which the caller appends.
     *
     * @return work count.
     */
    public int doSlice(RecordBuffer record, long nowMs) {
        return switch (phase) {
            case IDLE -> wantsRoll() && log.tryRoll(nowMs) ? 1 : 0;
            case SCANNING -> {
                final int work = scan(record, nowMs);
                final int bytes = record.eventCount() == 0 ? 0 : record.length();
                policy.carried(bytes);
                counters.add(Figure.BYTES_CARRIED, bytes);
                log.faults().at("carry.slice");
                yield work;
            }
            case SETTLING -> settle();
        };
    }

    private int scan(RecordBuffer record, long nowMs) {
        final JobView jobs = view.jobs();
        final int sliceEnd = Math.min(jobs.slotLimit(), nextSlot + JOBS_PER_SLICE);
        while (nextSlot < sliceEnd) {
            // [SILO-CARRY-2]
            nextSlot = jobs.liveBytes().nextThrough(throughCycle, nextSlot, sliceEnd);
            if (nextSlot < sliceEnd) {
                if (jobs.neededFrom(nextSlot) <= throughPosition && !images.write(record, nextSlot)) {
                    // The record is full, or holds a part of a chained payload: this job goes on in the next slice.
                    return 1;
                }
                nextSlot++;
            }
        }
        if (nextSlot >= jobs.slotLimit()
                && carryRequests(record, nowMs)
                && carrySchedules(record)
                && carryPauses(record)
                && carryBuckets(record)
                && carryLimits(record)
                && carryFloatingLimits(record)
                && carryBulks(record)
                && carryTenants(record)) {
            finish(record, nowMs);
        }
        return 1;
    }

    /** Request ids of jobs that are gone; false if some are left for the next slice. */
    private boolean carryRequests(RecordBuffer record, long nowMs) {
        final RequestMemory requests = view.requests();
        final int sliceEnd = nextRequest + ROWS_PER_SLICE;
        while (nextRequest < requests.slotLimit()) {
            if (nextRequest == sliceEnd || !record.hasRoom(REQUEST_BYTES)) {
                return false;
            }
            if (requests.isToBeCarried(nextRequest, nowMs, throughPosition)) {
                remembered
                        .wrapAndApplyHeader(record.buffer(), record.offset(), header)
                        .requestIdHigh(requests.requestIdHigh(nextRequest))
                        .requestIdLow(requests.requestIdLow(nextRequest))
                        .jobKey(requests.jobKey(nextRequest))
                        .jobIdHash(requests.jobIdHash(nextRequest))
                        .removedAtMs(requests.removedAtMs(nextRequest));
                record.commit(remembered.limit());
            }
            nextRequest++;
        }
        return true;
    }

    /** Schedules whose last full event goes; false if some are left for the next slice. */
    private boolean carrySchedules(RecordBuffer record) {
        stale.clear();
        view.schedules().forEachAfter("", "", schedule -> {
            if (schedule.position() <= throughPosition) {
                stale.add(schedule);
            }
            return stale.size() < SCHEDULES_PER_SLICE;
        });
        for (Schedule schedule : stale) {
            scheduleBytes = SCHEDULE_BYTES + schedule.template().capacity();
            if (!record.hasRoom(scheduleBytes)) {
                return false;
            }
            writeSchedule(record, schedule);
        }
        scheduleBytes = 0;
        return stale.size() < SCHEDULES_PER_SLICE;
    }

    private boolean carryPauses(RecordBuffer record) {
        for (Pauses.Pause pause : view.pauses().setUntil(throughPosition)) {
            if (!record.hasRoom(PAUSE_BYTES)) {
                return false;
            }
            pauseSet.wrapAndApplyHeader(record.buffer(), record.offset(), header)
                    .kind(PauseKind.get((short) pause.kind().ordinal()))
                    .paused((short) 1)
                    .name(pause.name());
            record.commit(pauseSet.limit());
        }
        return true;
    }

    /** Buckets of rate limits; false if some are left for the next slice. */
    private boolean carryBuckets(RecordBuffer record) {
        final RateView rates = view.rates();
        final int sliceEnd = nextBucket + ROWS_PER_SLICE;
        while (nextBucket < rates.slotLimit()) {
            if (nextBucket == sliceEnd || !record.hasRoom(RateBucketEvents.BYTES_MAX)) {
                return false;
            }
            final int limit = rates.limitSetUntil(nextBucket, throughPosition);
            if (limit != RowSlab.NULL_SLOT) {
                bucketEvents.set(record, view, limit, rates.image(limit));
            }
            nextBucket++;
        }
        return true;
    }

    /** Limits that are set; false if some are left for the next slice. */
    private boolean carryLimits(RecordBuffer record) {
        final LimitReport limits = view.limitReport();
        // One that is new since the carry began lies behind what goes.
        final int sliceEnd = Math.min(limits.limitEnd(), nextLimit + ROWS_PER_SLICE);
        while (nextLimit < sliceEnd) {
            final int limit = view.limitSettings().nextSetUntil(throughPosition, nextLimit, sliceEnd);
            if (limit == RowSlab.NULL_SLOT) {
                nextLimit = sliceEnd;
                break;
            }
            if (!record.hasRoom(LIMIT_BYTES)) {
                return false;
            }
            writeLimit(record, limit);
            nextLimit = limit + 1;
        }
        return nextLimit >= limits.limitEnd();
    }

    /** What was found out for floating limits; false if some is left for the next slice. */
    private boolean carryFloatingLimits(RecordBuffer record) {
        final LimitReport limits = view.limitReport();
        final FloatingLimits floating = view.floatingLimits();
        final int sliceEnd = Math.min(limits.limitEnd(), nextFloating + ROWS_PER_SLICE);
        while (nextFloating < sliceEnd) {
            final int limit = floating.nextUntil(throughPosition, nextFloating, sliceEnd);
            final FloatingLimits.Finding finding = limit == RowSlab.NULL_SLOT ? null : floating.of(limit);
            if (finding == null) {
                nextFloating = sliceEnd;
                break;
            }
            if (!record.hasRoom(FloatingLimitSets.BYTES_MAX)) {
                return false;
            }
            view.wrapTenant(limits.tenant(limit), tenant);
            limits.wrapKey(limit, name);
            floatingLimitSets.write(record, tenant, name, finding);
            nextFloating = limit + 1;
        }
        return nextFloating >= limits.limitEnd();
    }

    private void writeLimit(RecordBuffer record, int limit) {
        limitSet.wrapAndApplyHeader(record.buffer(), record.offset(), header)
                .maxConcurrency(view.limitReport().setMax(limit))
                .isSet((short) 1);
        view.wrapTenant(view.limitReport().tenant(limit), name);
        limitSet.putTenant(name, 0, name.capacity());
        view.limitReport().wrapKey(limit, name);
        limitSet.putKey(name, 0, name.capacity());
        record.commit(limitSet.limit());
    }

    private boolean carryBulks(RecordBuffer record) {
        for (BulkChange bulk : view.bulks().setUntil(throughPosition)) {
            if (!record.hasRoom(BulkStarts.BYTES_MAX)) {
                return false;
            }
            bulkStarts.write(record, bulk.image());
        }
        return true;
    }

    private boolean carryTenants(RecordBuffer record) {
        for (TenantSettings.Named set : view.tenantSettings().setUntil(throughPosition)) {
            if (!record.hasRoom(TenantSets.BYTES_MAX)) {
                return false;
            }
            tenantSets.write(record, set.tenant(), set.settings());
        }
        return true;
    }

    private void writeSchedule(RecordBuffer record, Schedule schedule) {
        final Schedule.Spec spec = schedule.spec();
        scheduleSet
                .wrapAndApplyHeader(record.buffer(), record.offset(), header)
                .scheduleKey(schedule.key())
                .intervalMs(spec.intervalMs())
                .firstAtMs(spec.firstAtMs())
                .startWithinMs(spec.startWithinMs())
                .nextFireMs(schedule.nextFireMs())
                .lastFireMs(schedule.lastFireMs())
                .catchUp(spec.catchUp())
                .paused((short) (schedule.isPaused() ? 1 : 0))
                .cron(spec.cron())
                .zone(spec.zone())
                .putJobTemplate(schedule.template(), 0, schedule.template().capacity());
        record.commit(scheduleSet.limit());
    }

    private void finish(RecordBuffer record, long nowMs) {
        if (!record.hasRoom(64)) {
            return;
        }
        carriedThrough
                .wrapAndApplyHeader(record.buffer(), record.offset(), header)
                .firstPosition(throughPosition + 1)
                .nextArrival(view.nextJobKey())
                .lastTimeMs(nowMs);
        record.commit(carriedThrough.limit());
        log.faults().at("carry.through");
        settledAtPosition = record.position();
        phase = Phase.SETTLING;
    }

    private int settle() {
        // [SILO-TRIM-1]
        if (log.durablePosition() < settledAtPosition) {
            return 0;
        }
        log.faults().at("carry.settled");
        images.unpin();
        final int before = log.cycleCount();
        log.trimBefore(throughPosition + 1);
        counters.add(Figure.CYCLES_TRIMMED, before - log.cycleCount());
        phase = Phase.IDLE;
        isAskedFor = false;
        return 1;
    }
}
