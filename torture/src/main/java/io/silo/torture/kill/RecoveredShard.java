package io.silo.torture.kill;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.silo.log.EventLog;
import io.silo.log.EventLogContext;
import io.silo.log.LogReader;
import io.silo.log.chronicle.ChronicleCycleStore;
import io.silo.protocol.event.JobEnqueuedDecoder;
import io.silo.protocol.event.MessageHeaderDecoder;
import io.silo.shard.event.EventAppliers;
import io.silo.shard.event.Replayer;
import io.silo.shard.history.AttemptRecord;
import io.silo.shard.history.JobHistory;
import io.silo.shard.history.JobReader;
import io.silo.shard.state.JobState;
import io.silo.shard.state.JobView;
import io.silo.shard.state.ShardState;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * All that a shard's log holds after a kill, found as the next process will: state by replay, recounted, with the history and the
 * payload of each job read back.
 *
 * @param jobs by number.
 * @param limits maximum set of each key; negative = none.
 * @param firstPosition what lies before is trimmed.
 */
record RecoveredShard(Map<Long, Found> jobs, int[] limits, long digest, long firstPosition, long lastPosition) {
    /**
     * One job.
     *
     * @param problem what is wrong with it whatever anybody was told; else empty.
     */
    record Found(JobState state, long attempt, long epoch, long token, List<AttemptRecord> attempts, String problem) {
        /** What is wrong with an outcome that was acknowledged; empty if it is there, once, as it was reported. */
        String outcomeProblem(long number, long attempt, boolean succeeded) {
            if (attempts.size() >= JobHistory.ATTEMPTS_MAX) {
                return ""; // the oldest are not kept
            }
            final List<AttemptRecord> named = attempts.stream()
                    .filter(record -> record.attempt() == attempt)
                    .toList();
            if (named.size() != 1) {
                return "attempt " + attempt + " was reported and is there " + named.size() + " times";
            }
            final AttemptRecord record = named.get(0);
            final int outcome = succeeded ? JobOutcome.SUCCEEDED : JobOutcome.FAILED;
            final String errorCode = succeeded ? "" : "E";
            final boolean asCancelled = !succeeded && record.outcome() == JobOutcome.CANCELLED;
            if (record.outcome() != outcome && !asCancelled) {
                return "attempt " + attempt + " was reported with outcome " + outcome + " and has " + record.outcome();
            }
            if (!asCancelled && !new String(record.errorCode(), US_ASCII).equals(errorCode)) {
                return "attempt " + attempt + " has another error code";
            }
            if (!Arrays.equals(record.result(), JobShape.result(number, attempt))) {
                return "attempt " + attempt + " has another result";
            }
            return "";
        }
    }

    /** Wire numbers of outcomes. */
    private static final class JobOutcome {
        static final int SUCCEEDED = 0;
        static final int FAILED = 1;
        static final int CANCELLED = 2;
    }

    int limit(int key) {
        return limits[key];
    }

    /** @throws RuntimeException if the log is damaged, or the state does not agree with itself. */
    static RecoveredShard open(Path directory) {
        final EventLogContext context = ShardChild.context();
        try (EventLog log = EventLog.open(ChronicleCycleStore.open(directory, context), ShardChild.IDENTITY, context)) {
            final ShardState state = new ShardState(1, ShardChild.CAPACITY);
            final Replayer replayer = new Replayer(state, new EventAppliers(), log.firstPosition());
            final long[] last = {EventLog.NULL_POSITION};
            log.replay((position, shardEpoch, timeMs, eventCount, buffer, offset, length) -> {
                last[0] = position;
                replayer.onRecord(position, shardEpoch, timeMs, eventCount, buffer, offset, length);
            });
            replayer.finish();
            state.checkInvariants();
            final LogReader reader = log.newReader();
            try (JobReader jobReader = new JobReader(reader)) {
                return new RecoveredShard(
                        jobs(state, jobReader), limits(state), state.digest(), log.firstPosition(), last[0]);
            }
        }
    }

    private static int[] limits(ShardState state) {
        final int[] limits = new int[JobShape.LIMIT_KEYS];
        final UnsafeBuffer tenant = new UnsafeBuffer("-".getBytes(US_ASCII));
        for (int i = 0; i < limits.length; i++) {
            limits[i] = state.limitSettings()
                    .max(tenant, new UnsafeBuffer(JobShape.limitKey(i).getBytes(US_ASCII)));
        }
        return limits;
    }

    private static Map<Long, Found> jobs(ShardState state, JobReader reader) {
        final Map<Long, Found> found = new HashMap<>();
        final JobView jobs = state.jobs();
        final UnsafeBuffer id = new UnsafeBuffer(0, 0);
        for (int slot = 0; slot < jobs.slotLimit(); slot++) {
            if (!jobs.isLive(slot)) {
                continue;
            }
            jobs.wrapId(slot, id);
            final long number = Long.parseLong(id.getStringWithoutLengthAscii(1, id.capacity() - 1));
            final Found before = found.put(number, job(number, jobs, slot, reader));
            if (before != null) {
                throw new IllegalStateException("job " + number + " is there twice");
            }
        }
        if (found.size() != jobs.count()) {
            throw new IllegalStateException(found.size() + " jobs were found, " + jobs.count() + " are counted");
        }
        return found;
    }

    private static Found job(long number, JobView jobs, int slot, JobReader reader) {
        final JobHistory history = reader.history();
        String problem = "";
        if (!history.readDefinition(
                jobs.definitionPosition(slot), jobs.definitionOffset(slot), jobs.definitionLength(slot))) {
            problem = "its definition is not in the log";
        } else {
            problem = payloadProblem(JobShape.of(number), history, reader);
        }
        if (!history.readAttempts(jobs.jobKey(slot), jobs.lastPosition(slot), JobHistory.ATTEMPTS_MAX)) {
            problem = "its history is not in the log";
        }
        final List<AttemptRecord> attempts = history.attempts();
        long before = 0;
        for (AttemptRecord attempt : attempts) {
            if (attempt.attempt() <= before) {
                problem = "attempt " + attempt.attempt() + " follows attempt " + before;
            }
            before = attempt.attempt();
        }
        return new Found(
                jobs.state(slot), jobs.attempt(slot), jobs.tokenEpoch(slot), jobs.token(slot), attempts, problem);
    }

    private static String payloadProblem(JobShape shape, JobHistory history, JobReader reader) {
        final JobEnqueuedDecoder job = new JobEnqueuedDecoder();
        job.wrapAndApplyHeader(history.definition(), 0, new MessageHeaderDecoder());
        final byte[] payload = shape.payload();
        if (job.payloadBytes() != payload.length || (int) job.payloadCrc() != JobShape.crc(payload)) {
            return "its payload is described as another one";
        }
        final byte[] bytes = new byte[payload.length];
        if (job.chunkPosition() != EventLog.NULL_POSITION) {
            final int copied = reader.chunks().copy(job.chunkPosition(), 0, bytes.length, new UnsafeBuffer(bytes), 0);
            if (copied != bytes.length) {
                return "of its payload " + copied + " bytes are there";
            }
        } else {
            job.limits().forEach(limit -> {
                limit.skipKey();
                limit.skipDetails();
            });
            job.metadata().forEach(entry -> {
                entry.skipKey();
                entry.skipValue();
            });
            job.skipTenant();
            job.skipTaskGroup();
            job.skipJobId();
            job.skipUniqueKey();
            job.getPayload(bytes, 0, bytes.length);
        }
        return Arrays.equals(bytes, payload) ? "" : "its payload is another one";
    }
}
