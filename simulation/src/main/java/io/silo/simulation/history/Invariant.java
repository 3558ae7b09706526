package io.silo.simulation.history;

import java.util.Locale;

/**
 * What {@link HistoryChecker} looks for. "Before" means: answered before the other was asked for, or ordered by lease tokens and log
 * positions, which the broker gave in order. A call without an answer proves nothing and excuses much: it may have taken effect at
 * any time after it was made. What was acknowledged as {@code appended} counts until the next loss of power, unless a durable answer
 * of the same shard epoch at the same or a later log position proves it durable: a log is kept from its beginning.
 */
public enum Invariant {
    /**
     * A job whose enqueue was accepted is found by every later read, and so is an outcome that was accepted, with its status, error
     * code, worker and result. Sound: nothing removes a job, and an accepted outcome is final for its attempt. A broker that forgets
     * ended jobs keeps each for as long as it says, from its first lease at the earliest.
     */
    LOST_ACKNOWLEDGEMENT,

    /**
     * A payload that is read or granted has the checksum of one that was enqueued under the job's id; the result of a job that
     * succeeded that of one that was reported for its last attempt.
     */
    WRONG_BYTES,

    /**
     * Two accepted enqueues of one id are of the same definition and name the same job key, and so do the leases. Sound: only a repeat
     * of the same request is accepted, and it gets the first one's answer.
     */
    DUPLICATE_JOB,

    /** A job that is granted, read or said to exist was enqueued by somebody; a call without an answer is enough. */
    PHANTOM_JOB,

    /**
     * An attempt that a read shows as succeeded was reported so by somebody, and a job that is cancelled was to be; a call without an
     * answer is enough, but not a dry run.
     */
    PHANTOM_OUTCOME,

    /**
     * No lease is granted while an earlier one of the job surely lives: its report or return was not even begun, and its length has not
     * passed since the earliest moment at which it can have been granted or, if later, since its last successful heartbeat was sent.
     * Sound: the broker counts from when the call arrived, and a restart only prolongs leases. The earliest moment of a grant is the
     * latest call whose accepted record lies before it in the log.
     */
    DOUBLE_LEASE,

    /** An epoch and token of a shard belong to one job, worker and attempt. The same lease may be shown again. */
    LEASE_TOKEN,

    /**
     * A report or return is not accepted when a lease with a higher token was received, or an end of this or a higher one was
     * accepted, before the report was made.
     */
    LATE_REPORT,

    /** As {@link #LATE_REPORT}, for heartbeats: what is over stays over. */
    LATE_HEARTBEAT,

    /** One outcome is accepted for each attempt. Sound: a repeat is told ALREADY_REPORTED. */
    DUPLICATE_COMPLETION,

    /**
     * Attempts of a job rise with its tokens, by no more than the retries allow; the number of an attempt is given out again only after
     * a return or a restart, and never once an outcome was accepted for it. Grants that nobody received may leave gaps.
     */
    ATTEMPT_NUMBER,

    /** No lease is granted after a job ended: after the token of the lease that ended it, or the log position of a read that shows it. */
    TERMINAL_LEASE,

    /**
     * Within one shard, tenant and task group, a first attempt is not granted while another job waits that comes first by priority,
     * start time and job key. The other counts as waiting from the position of its acknowledgement to that of its first lease, and only
     * if its start time is that of its enqueue, it has no limits, it was enqueued in the epoch that granted it, and no session was closed
     * meanwhile, which may have returned a lease that nobody saw. An enqueue without an answer does not matter: it proves no waiting, and
     * its lease, if any, speaks for itself.
     */
    BROKEN_ORDER,

    /**
     * A read shows no less than a read before it: ended attempts unchanged, no lower attempt, the same end, no earlier log position in
     * one epoch; and no attempt less than was granted before.
     */
    STALE_READ,

    /** A read agrees with itself: ended attempts without gaps, the status that follows from the last of them. */
    IMPOSSIBLE_JOB,

    /**
     * When a task is granted, fewer leases of other jobs surely live under a limit of its than its own maximum, or the largest that may
     * have been set for the key by then. Sound: a lease that was received under an earlier token and surely lives, as for {@link
     * #DOUBLE_LEASE}, holds its slot, unless slots of the key may have been dropped since.
     */
    LIMIT_OVERRUN,

    /**
     * Tasks do not start more often than a rate limit of theirs allows. Sound: a start was made after the calls whose accepted records
     * lie before it in the log, and before the first answer that shows it or something behind it; it takes its hits in the record of its
     * lease, and nothing gives them back. A leaky bucket has no more for some starts than its burst, and what flows back between the
     * earliest moment of the first and the latest of the last. A window begins with a hit and lasts a duration: k starts need
     * k / limit windows, and all but the first and the last of these pass between the first start and the last. A bucket counts on over
     * a restart where the broker's wall clock is known; where it is not, each epoch is judged by itself. Left out are leases by id and
     * of jobs that somebody operated on, what a loss of power may have taken, and buckets on whose terms jobs disagree.
     */
    RATE_OVERRUN,

    /**
     * Once a cancel was accepted, the job is not leased again, and no read shows it waiting, succeeded (of one that waited) or failed,
     * unless a restart, an import or a deletion was asked for as well.
     */
    CANCELLED_RUNS,

    /** Once its deletion was accepted, a job is neither leased nor read, unless it is enqueued or imported again. */
    DELETED_SEEN,

    /** A task that was given back until later is not leased before that: its start time says so. */
    EARLY_SNOOZE,

    /** A job of a schedule was fired at one of the nominal times that somebody asked for, and does not start before it. */
    PHANTOM_FIRING,

    /** A firing of a schedule brings one job. */
    DOUBLE_FIRING,

    /**
     * Once a schedule was paused or deleted, and nothing that may make it go on is under way, it brings no job that is younger than
     * one that was first enqueued after that. Sound: job keys rise.
     */
    STOPPED_FIRING,

    /**
     * A firing of a schedule that stood brings its job, found by a read that is made 5 s later and 5 s after the last fault: of a
     * schedule that makes up for every firing that it missed, each one since; of others, those from 5 s after the last fault on. It
     * stood if it was put by a durable answer, no copy of that call or of one before it can have come later than that, and nothing
     * was asked of it before the firing was over. Left out are schedules whose jobs have a unique key, jobs that somebody may have
     * deleted, brokers that forget ended jobs, and histories of clocks that jump.
     */
    MISSED_FIRING,

    /**
     * A bulk change is begun once for a request, and is known from then on; what it has changed never becomes less, and once it is
     * over its totals stay. A dry run counts anew when the broker is opened again. Counts are of durable answers. That no job is
     * touched that was first asked for after the bulk change began follows from the other rules: to them it is a job as any other.
     */
    BULK_TOTALS,

    /**
     * No job is accepted while another one with its unique key lives: one that was accepted before it in the log, and is leased
     * behind it.
     */
    DOUBLE_HOLDER,

    /**
     * Once the pause of a task group or a tenant was accepted, and nothing that may resume it is under way, none of its tasks is
     * granted: no token lies behind the pause in the log. Leases by id, which pauses do not keep back, are left out.
     */
    PAUSED_GRANT,

    /**
     * Once a cap on the running jobs of a tenant was accepted, and nothing that may change it is under way, none of its tasks is granted
     * while as many leases of the tenant surely live in the task group. Sound as {@link #LIMIT_OVERRUN} and {@link #PAUSED_GRANT} are.
     */
    CAP_OVERRUN,

    /** After a history that ended drained, the last read of each acknowledged job shows its end. */
    NOT_DRAINED;

    /** Its name in a {@link Violation}. */
    public String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
