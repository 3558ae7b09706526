package io.silo.shard;

import io.silo.protocol.Bounds;
import io.silo.shard.command.BulkSlices;
import io.silo.shard.command.CommandContext;
import io.silo.shard.command.CommandDeciders;
import io.silo.shard.command.JobChanges;
import io.silo.shard.command.LeaseEnds;
import io.silo.shard.command.RateHits;
import io.silo.shard.command.Retention;
import io.silo.shard.command.ScheduleFirings;
import io.silo.shard.state.BulkChange;
import io.silo.shard.state.RateWork;
import io.silo.shard.state.Refreshes;
import io.silo.shard.state.RowSlab;
import io.silo.shard.state.Schedule;
import io.silo.shard.state.ShardCounters;
import io.silo.shard.state.ShardCounters.Figure;
import io.silo.shard.state.ShardState;

/**
 * What a shard does because time has passed: leases that ran out, jobs not started by their latest start, schedules that are due, buckets,
 * ended jobs kept long enough, bulk changes under way. Each is an internal command of one record a duty cycle. Shard thread only.
 */
final class TimedCommands {
    /** Room for the record of an internal command. */
    interface Records {
        /** False if the log has no room now: then nothing is decided. */
        boolean begin(int recordBytes);

        void finish();
    }

    /** Requests of jobs that are gone are forgotten so many a duty cycle, at least as fast as jobs can go. */
    private static final int REQUESTS_FORGOTTEN_PER_CYCLE = 2_048;

    /** Checks of rate limits looked at before one that ends an attempt. */
    private static final int RATE_CHECKS_PER_CYCLE = 1_024;

    /** Floating limits that are due, looked at in one duty cycle. */
    static final int REFRESHES_PER_CYCLE = 64;

    private static final int RECORD_BYTES = CommandDeciders.RECORD_BYTES_MIN;

    private final Records records;
    private final CommandContext command;
    private final ShardState state;
    private final ShardCounters counters;
    private final LeaseEnds leaseEnds;
    private final ScheduleFirings firings = new ScheduleFirings();
    private final RateHits rateHits = new RateHits();
    private final Retention retention;
    private final BulkSlices bulkSlices;
    private long recountedMs;

    TimedCommands(
            Records records,
            CommandContext command,
            ShardState state,
            ShardCounters counters,
            LeaseEnds leaseEnds,
            JobChanges changes) {
        this.records = records;
        this.command = command;
        this.state = state;
        this.counters = counters;
        this.leaseEnds = leaseEnds;
        this.retention = new Retention(changes, command.settings().retention());
        this.bulkSlices = new BulkSlices(changes);
    }

    /**
     * Does what is due.
     *
     * @param nowMs the shard's clock.
     * @param drainedUntilMs monotonic ms up to which every command received was drained.
     * @return work count.
     */
    int run(long nowMs, long drainedUntilMs) {
        int work = 0;
        if (state.leaseTimers().nextDeadline() <= drainedUntilMs) {
            work += expireLeases(drainedUntilMs);
        }
        // A start at that very moment is in time.
        if (state.nextStartDeadlineMs() < nowMs) {
            work += refuseLateJobs(nowMs);
        }
        if (state.schedules().nextFireMs() <= nowMs) {
            work += fireSchedules(nowMs);
        }
        if (retention.isDue(state, nowMs)) {
            work += forgetJobs();
        }
        if (state.rateWork().isDue()) {
            work += workOffRates();
        }
        work += workOffBulk() + offerRefreshes(nowMs, drainedUntilMs);
        if (recountedMs != nowMs) {
            // Once in a millisecond at most: less than a hundredth of the thread, and no work to stay awake for.
            recountedMs = nowMs;
            state.recount();
        }
        return work + state.forgetRequests(nowMs, REQUESTS_FORGOTTEN_PER_CYCLE);
    }

    private int expireLeases(long drainedUntilMs) {
        if (!records.begin(RECORD_BYTES)) {
            return 0;
        }
        int expired = 0;
        while (leaseEnds.hasRoom(command)) {
            final int lease = state.leaseTimers().pollExpired(drainedUntilMs);
            if (lease == RowSlab.NULL_SLOT) {
                break;
            }
            leaseEnds.expire(command, lease);
            expired++;
        }
        counters.add(Figure.LEASES_EXPIRED, expired);
        records.finish();
        return expired;
    }

    /** As many firings as a record holds; where new work is refused they wait. */
    private int fireSchedules(long nowMs) {
        final Schedule first = state.schedules().first();
        if (first == null || !records.begin(RECORD_BYTES + first.template().capacity())) {
            return 0;
        }
        int fired = 0;
        if (command.refusalOfNewWork() == null) {
            for (Schedule next = first;
                    next != null
                            && next.nextFireMs() <= nowMs
                            && firings.hasRoom(command, next)
                            && state.hasRoomForJobs(1)
                            && state.hasRoomForNames()
                            && state.hasRoomForLimits(Bounds.LIMITS_MAX);
                    next = state.schedules().first()) {
                firings.fire(command, next);
                fired++;
            }
        }
        records.finish();
        return fired;
    }

    private int forgetJobs() {
        if (!records.begin(RECORD_BYTES)) {
            return 0;
        }
        final int forgotten = retention.forget(command);
        records.finish();
        return forgotten;
    }

    /** A slice of the bulk change that is under way. */
    private int workOffBulk() {
        final BulkChange bulk = state.bulks().first();
        if (bulk == null || !records.begin(RECORD_BYTES)) {
            return 0;
        }
        bulkSlices.run(command, bulk);
        records.finish();
        return 1;
    }

    private int workOffRates() {
        if (!records.begin(RECORD_BYTES)) {
            return 0;
        }
        final RateWork rates = state.rateWork();
        int done = 0;
        for (boolean more = true; more && rateHits.hasRoom(command); done++) {
            final int full = rates.pollFull();
            final int drain = full == RowSlab.NULL_SLOT ? rates.pollDrain() : 0;
            if (full != RowSlab.NULL_SLOT) {
                rateHits.drop(command, full);
            } else if (drain != 0) {
                rateHits.drain(command, drain);
            } else {
                more = false;
            }
        }
        while (leaseEnds.hasRoom(command)) {
            final int slot = rates.pollExceeded(RATE_CHECKS_PER_CYCLE);
            if (slot == RowSlab.NULL_SLOT) {
                break;
            }
            leaseEnds.refuseExceeded(command, slot, rates.isUnavailable(slot));
            done++;
        }
        records.finish();
        return done;
    }

    /** Volatile, so without a record. */
    private int offerRefreshes(long nowMs, long drainedUntilMs) {
        final Refreshes refreshes = state.floatingLimits().refreshes();
        final int expired = refreshes.nextDeadlineMs() <= drainedUntilMs ? refreshes.expire(drainedUntilMs) : 0;
        return refreshes.nextDueMs() <= nowMs ? expired + refreshes.offerDue(nowMs, REFRESHES_PER_CYCLE) : expired;
    }

    private int refuseLateJobs(long nowMs) {
        if (!records.begin(RECORD_BYTES)) {
            return 0;
        }
        int refused = 0;
        while (leaseEnds.hasRoom(command)) {
            final int slot = state.pollLateJob(nowMs - 1);
            if (slot == RowSlab.NULL_SLOT) {
                break;
            }
            leaseEnds.refuseLate(command, slot);
            refused++;
        }
        records.finish();
        return refused;
    }
}
