package io.silo.simulation.history;

import io.silo.protocol.RejectReason;
import org.jspecify.annotations.Nullable;

/** One call of a history with its answer, if there was one. Filled in by {@link Timeline} alone. */
final class Call<I extends Entry> {
    /** {@link #to} of a call without an answer. */
    static final int NO_ANSWER = Integer.MAX_VALUE;

    private static final int NO_CODE = -1;

    final JobTrace job;
    final I invoked;

    /** Index of the entry that made it. */
    final int from;

    /** Index of the entry that answered it. */
    int to = NO_ANSWER;

    int code = NO_CODE;
    long jobKey;
    LogPlace place = LogPlace.NONE;

    /** Whether what the answer speaks of is known to survive a loss of power. */
    boolean durable;

    @Nullable
    JobSeen seen;

    /** Status that the answer to a change tells; empty where there is none. */
    String status = "";

    Call(JobTrace job, I invoked, int from) {
        this.job = job;
        this.invoked = invoked;
        this.from = from;
    }

    boolean isOk() {
        return code == RejectReason.OK;
    }

    boolean isAnswered(RejectReason reason) {
        return code == reason.code();
    }

    /** For sentences. */
    @Override
    public String toString() {
        return to == NO_ANSWER ? "entry " + from : "entries " + from + " and " + to;
    }
}
