package io.silo.simulation.model;

import io.silo.shard.state.JobState;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A job as the model sees it. Copies leave volatile things out. */
final class ModelJob {
    /** Ended attempts that are kept, the newest. */
    private static final int ATTEMPTS_MAX = 100;

    JobDefinition definition;
    JobState state = JobState.SCHEDULED;
    long changedAtMs;
    long startMs;
    long attempt = 1;
    long relativeAttempt = 1;
    long tokenEpoch;
    long token;
    boolean reported;

    /** Whether it was cancelled before its attempt ran: number and start of that still count. */
    boolean cancelledPending;

    /** Leases in a row that expired. */
    long crashes;

    @Nullable
    ModelLease lease;

    final List<ModelAttempt> ended = new ArrayList<>();

    /** Record that holds the definition. */
    long definitionPosition;

    /** Record of the first chunk that is needed; -1 = none. */
    long firstChunkPosition = -1;

    /** Record of the latest event, an image included: the end of the job's chain. */
    long lastPosition;

    /** Record of the latest event that changed something: what an answer about the job speaks of at least. */
    long changedPosition;

    boolean isDeleted;

    /** Each end that it came to, as answers tell it. */
    final List<End> ends = new ArrayList<>();

    /**
     * What is told of an end.
     *
     * @param position of the record that brought it.
     */
    record End(long position, String facts) {}

    ModelJob(JobDefinition definition) {
        this.definition = definition;
        this.firstChunkPosition = definition.chunkFirstPosition();
        this.startMs = definition.startAtMs();
        this.changedAtMs = definition.enqueuedAtMs();
    }

    long key() {
        return definition.jobKey();
    }

    ModelLease runningLease() {
        final ModelLease live = lease;
        if (live == null) {
            throw new AssertionError(this + " has no lease");
        }
        return live;
    }

    boolean isCancelRequested() {
        return lease != null && lease.cancelRequestedAtMs != 0;
    }

    /** Whether it fails if it is not leased in time: until it is for the first time. */
    boolean mustStartInTime() {
        return definition.startDeadlineMs() != 0 && state == JobState.SCHEDULED && attempt == 1 && token == 0;
    }

    /** Start of the pending attempt; 0 if there is none. */
    long pendingStartMs() {
        return state == JobState.SCHEDULED || cancelledPending ? startMs : 0;
    }

    /** The attempt that ended it; null while it has not, and of one that was cancelled while it waited. */
    @Nullable
    ModelAttempt lastAttempt() {
        return state.isTerminal() && !cancelledPending && !ended.isEmpty() ? ended.get(ended.size() - 1) : null;
    }

    /** What GetJobResult tells. */
    String resultFacts() {
        final ModelAttempt last = lastAttempt();
        return last == null
                ? resultFacts(key(), changedAtMs, 0, 0, 0, state.name(), 0, "")
                : resultFacts(
                        key(),
                        last.finishedAtMs(),
                        last.resultBytes(),
                        last.resultCrc(),
                        last.attempt(),
                        state.name(),
                        last.resultEncoding(),
                        last.errorCode());
    }

    /** As {@link #resultFacts()}, from the fields of an answer. */
    static String resultFacts(
            long jobKey,
            long finishedAtMs,
            long resultBytes,
            long resultCrc,
            long attempt,
            String status,
            int encoding,
            String errorCode) {
        return "job " + jobKey + ' ' + status + " at " + finishedAtMs + " by attempt " + attempt + " with "
                + resultBytes + " bytes " + resultCrc + " encoded " + encoding + " error " + errorCode;
    }

    /** Its state is terminal as of a record. */
    void ended(long position) {
        ends.add(new End(position, resultFacts()));
    }

    void end(ModelAttempt attemptEnded) {
        ended.add(attemptEnded);
        if (ended.size() > ATTEMPTS_MAX) {
            ended.remove(0);
        }
    }

    /** The chunk is needed as long as the job or its next image is. */
    void needs(long chunkPosition) {
        if (chunkPosition >= 0) {
            firstChunkPosition = firstChunkPosition < 0 ? chunkPosition : Math.min(firstChunkPosition, chunkPosition);
        }
    }

    /** Earliest record that must stay in the log. */
    long neededFrom() {
        return firstChunkPosition < 0 ? definitionPosition : Math.min(firstChunkPosition, definitionPosition);
    }

    ModelJob copy() {
        final ModelJob copy = new ModelJob(definition);
        copy.state = state;
        copy.changedAtMs = changedAtMs;
        copy.startMs = startMs;
        copy.attempt = attempt;
        copy.relativeAttempt = relativeAttempt;
        copy.tokenEpoch = tokenEpoch;
        copy.token = token;
        copy.reported = reported;
        copy.cancelledPending = cancelledPending;
        copy.crashes = crashes;
        copy.lease = lease == null ? null : lease.copy();
        copy.ended.addAll(ended);
        copy.definitionPosition = definitionPosition;
        copy.firstChunkPosition = firstChunkPosition;
        copy.lastPosition = lastPosition;
        copy.changedPosition = changedPosition;
        return copy;
    }

    /** Whether a JobImage says the same of both. */
    boolean hasImageOf(ModelJob other) {
        return state == other.state
                && changedAtMs == other.changedAtMs
                && attempt == other.attempt
                && relativeAttempt == other.relativeAttempt
                && (state.isTerminal() && !cancelledPending || startMs == other.startMs)
                && cancelledPending == other.cancelledPending
                && crashes == other.crashes
                && tokenEpoch == other.tokenEpoch
                && token == other.token
                && reported == other.reported
                && String.valueOf(lease).equals(String.valueOf(other.lease))
                && ended.equals(other.ended)
                && definition.at(-1, -1).equals(other.definition.at(-1, -1));
    }

    /** Whether the log says the same of both. */
    boolean hasLogOf(ModelJob other) {
        return hasImageOf(other)
                && definitionPosition == other.definitionPosition
                && firstChunkPosition == other.firstChunkPosition
                && lastPosition == other.lastPosition
                && definition.chunkPosition() == other.definition.chunkPosition();
    }

    /** What a JobImage says of a job, but for the payload's bytes. */
    String image() {
        return "job " + key() + ' ' + state + " since " + changedAtMs + " attempt " + attempt + '/' + relativeAttempt
                + (state.isTerminal() && !cancelledPending ? "" : " start " + startMs)
                + (cancelledPending ? " before it ran" : "") + " crashes " + crashes
                + " token " + tokenEpoch + ',' + token + " reported " + reported + ' ' + lease + " ended " + ended
                + ' ' + definition.at(-1, -1);
    }

    /** All that the log says of it. */
    String logged() {
        return image() + " at " + definitionPosition + ',' + firstChunkPosition + ',' + lastPosition + " payload "
                + definition.chunkPosition();
    }

    @Override
    public String toString() {
        return "job " + key() + " (" + definition.jobId() + ", " + state + ", attempt " + attempt + ')';
    }
}
