package io.silo.shard.command;

import io.silo.log.LogReader;
import io.silo.protocol.event.JobEnqueuedEncoder;
import io.silo.protocol.event.MessageHeaderEncoder;
import io.silo.shard.history.AttemptRecord;
import io.silo.shard.history.JobHistory;
import io.silo.shard.history.JobReader;
import io.silo.shard.state.JobView;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Reads what an import needs of a job that exists: its ended attempts and its definition. On the shard's thread, since the
 * decision depends on it; {@link io.silo.protocol.Bounds#IMPORT_ITEMS_MAX} bounds how many jobs a command may ask that of. One per
 * shard; allocates, as imports are not the hot path.
 */
public final class JobImports {
    private final Supplier<LogReader> readers;
    private final JobEnqueuedEncoder definitionEncoder = new JobEnqueuedEncoder();
    private final UnsafeBuffer definition = new UnsafeBuffer(0, 0);
    private final List<AttemptRecord> ended = new ArrayList<>();
    private @Nullable JobReader reader;

    /** @param readers makes the reader of the shard's log, when the first import needs one. */
    public JobImports(Supplier<LogReader> readers) {
        this.readers = readers;
    }

    /**
     * Reads one job, whose records are written.
     *
     * @return false if its records are no longer in the log.
     */
    boolean read(JobView jobs, int slot) {
        final JobReader open = reader != null ? reader : new JobReader(readers.get());
        reader = open;
        final JobHistory history = open.history();
        ended.clear();
        if (!history.readDefinition(
                        jobs.definitionPosition(slot), jobs.definitionOffset(slot), jobs.definitionLength(slot))
                || !history.readAttempts(jobs.jobKey(slot), jobs.lastPosition(slot), JobHistory.ATTEMPTS_MAX)) {
            return false;
        }
        for (AttemptRecord attempt : history.attempts()) {
            if (attempt.outcome() != AttemptRecord.RUNNING) {
                ended.add(attempt);
            }
        }
        final DirectBuffer source = history.definition();
        definition.wrap(new byte[source.capacity()]);
        definition.putBytes(0, source, 0, source.capacity());
        return true;
    }

    /** Ended attempts of the job read last, ascending. */
    List<AttemptRecord> ended() {
        return ended;
    }

    /** JobEnqueued event of the job read last, header included, with another retry policy. */
    DirectBuffer definition(JobSpec spec) {
        definitionEncoder
                .wrap(definition, MessageHeaderEncoder.ENCODED_LENGTH)
                .retryInitialIntervalMs(spec.retryInitialIntervalMs)
                .retryMaxIntervalMs(spec.retryMaxIntervalMs)
                .retryCount(spec.retryCount)
                .retryBackoffPermille(spec.retryBackoffPermille)
                .retryJitter(spec.retryJitter);
        return definition;
    }
}
