package io.silo.simulation.history;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What is known of a job at a moment, with who told. Grows only. */
final class Known {
    /**
     * One thing that is known.
     *
     * @param value number of an attempt; 0 where there is none.
     * @param status of a job that ended; empty else.
     * @param isRead whether a read told it; else an answer to another call, or a grant.
     * @param source for sentences.
     */
    record Evidence(int value, String status, boolean isRead, Object source) {}

    /**
     * How an attempt ended.
     *
     * @param worker null if not known.
     * @param resultCrc CRC32C of the result of a success; null if not known.
     */
    record Outcome(
            String outcome,
            String errorCode,
            @Nullable String worker,
            @Nullable Integer resultCrc,
            boolean isRead,
            Object source) {
        boolean agreesWith(JobSeen.Ended ended) {
            return outcome.equals(ended.outcome())
                    && errorCode.equals(ended.errorCode())
                    && (worker == null || worker.equals(ended.worker()));
        }
    }

    @Nullable
    Evidence exists;

    @Nullable
    Evidence ended;

    @Nullable
    Evidence attempt;

    @Nullable
    Evidence end;

    LogPlace place = LogPlace.NONE;

    @Nullable
    Object placeSource;

    /** By number of the attempt. Shared with copies: an outcome does not depend on when it was learned. */
    final Map<Integer, Outcome> outcomes;

    Known() {
        this(new HashMap<>());
    }

    private Known(Map<Integer, Outcome> outcomes) {
        this.outcomes = outcomes;
    }

    Known copy() {
        final Known copy = new Known(outcomes);
        copy.exists = exists;
        copy.ended = ended;
        copy.attempt = attempt;
        copy.end = end;
        copy.place = place;
        copy.placeSource = placeSource;
        return copy;
    }

    void found(Evidence evidence) {
        exists = exists == null ? evidence : exists;
        attempt = higher(attempt, evidence);
    }

    void ended(Evidence evidence) {
        ended = higher(ended, evidence);
    }

    void finished(Evidence evidence) {
        end = end == null ? evidence : end;
    }

    void seenAt(LogPlace seen, Object source) {
        if (seen.position() >= 0 && (!isSameLog(seen) || seen.position() > place.position())) {
            place = seen;
            placeSource = source;
        }
    }

    boolean isSameLog(LogPlace other) {
        return place.position() >= 0 && place.shard() == other.shard() && place.epoch() == other.epoch();
    }

    private static Evidence higher(@Nullable Evidence known, Evidence evidence) {
        return known == null || evidence.value() > known.value() ? evidence : known;
    }
}
