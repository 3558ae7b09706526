package io.silo.simulation.history;

import io.silo.protocol.RejectReason;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What was asked of one schedule. */
final class ScheduleTrace {
    /** A call with its answer, if there was one. */
    static final class Change {
        final Entry.ScheduleInvoked invoked;

        /** Index of the entry that made it. */
        final int from;

        /** Index of the entry that answered it. */
        int to = Call.NO_ANSWER;

        LogPlace place = LogPlace.NONE;
        boolean isOk;
        boolean durable;

        Change(Entry.ScheduleInvoked invoked, int from) {
            this.invoked = invoked;
            this.from = from;
        }

        void answered(int index, Entry.ScheduleAnswered answer) {
            to = index;
            place = answer.place();
            isOk = answer.code() == RejectReason.OK;
            durable = isOk && answer.durable();
        }

        /** Whether it puts a schedule that has this nominal time. */
        boolean fires(long nominalMs) {
            return invoked.change() == Entry.ScheduleChange.PUT
                    && nominalMs >= invoked.firstAtMs()
                    && (nominalMs - invoked.firstAtMs()) % invoked.intervalMs() == 0;
        }

        boolean isStop() {
            return invoked.change() == Entry.ScheduleChange.PAUSE || invoked.change() == Entry.ScheduleChange.DELETE;
        }

        @Override
        public String toString() {
            return invoked.change() + " of entries " + from + " and " + to;
        }
    }

    final List<Change> changes = new ArrayList<>();

    /** The schedule that a job of this name is of, whether there is one or not; null if it has no such name. */
    static @Nullable JobRef of(JobRef job) {
        final int at = job.id().lastIndexOf('@');
        return at <= 0 ? null : new JobRef(job.tenant(), job.id().substring(0, at));
    }

    /** Nominal time of a job, Unix epoch ms; -1 if its name tells none. */
    static long nominalMs(JobRef job) {
        try {
            return Instant.parse(job.id().substring(job.id().lastIndexOf('@') + 1))
                    .toEpochMilli();
        } catch (DateTimeException noTime) {
            return -1;
        }
    }

    /** Whether a schedule that was asked for before an entry fires at a time. */
    boolean fires(long nominalMs, int before) {
        for (final Change change : changes) {
            if (change.from < before && change.fires(nominalMs)) {
                return true;
            }
        }
        return false;
    }
}
