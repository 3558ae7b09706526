package io.silo.shard.history;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.silo.log.LogReader;
import io.silo.log.RecordHandler;
import io.silo.protocol.event.JobEnqueuedDecoder;
import io.silo.protocol.event.JobImageDecoder;
import io.silo.protocol.event.JobImportedDecoder;
import io.silo.protocol.event.MessageHeaderDecoder;
import io.silo.protocol.event.TaskLeasedDecoder;
import io.silo.shard.event.EventAppliers;
import io.silo.shard.event.EventFrames;
import io.silo.shard.state.JobLimits;
import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Reads what happened to jobs in the order of the log, and finds whose a job was that is gone. One thread per instance; allocates, so it
 * stays off the hot path.
 */
public final class EventReader {
    /** Records that one call of {@link #read} looks at: most are read from the page cache, in some microseconds each. */
    public static final int RECORDS_MAX = 1_024;

    /** Bytes of records after which a call of {@link #read} looks at no more: with the last one it may be a record more. */
    public static final int BYTES_MAX = 1024 * 1024;

    /** Records of its job that are looked at to find whose an event is. */
    public static final int CHAIN_MAX = 1_024;

    /** Every event of a job begins with its key, and goes on with the record before unless it is the first. */
    private static final int JOB_KEY_AT =
            JobEnqueuedDecoder.jobKeyEncodingOffset() + MessageHeaderDecoder.ENCODED_LENGTH;

    private static final int PREVIOUS_AT =
            TaskLeasedDecoder.previousPositionEncodingOffset() + MessageHeaderDecoder.ENCODED_LENGTH;

    private final LogReader reader;
    private final EventDecoder decoder = new EventDecoder();
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final JobEnqueuedDecoder enqueued = new JobEnqueuedDecoder();
    private final JobImportedDecoder imported = new JobImportedDecoder();
    private final JobImageDecoder image = new JobImageDecoder();
    private final RecordHandler pageHandler = this::onPageRecord;
    private final RecordHandler chainHandler = this::onChainRecord;
    private List<JobEvent> events = new ArrayList<>();
    private int eventsMax;
    private long nextPosition;
    private int nextIndex;
    private boolean isFull;
    private long bytes;

    private long chainKey;
    private long chainNext;
    private JobEvent.@Nullable Identity found;
    private int chainReads;

    EventReader(LogReader reader) {
        this.reader = reader;
    }

    /**
     * Reads events until {@code max} are found, the bounds of this class are reached, or everything up to {@code lastPosition} was looked at.
     * Records that are not in the log (any more) are passed over: it is for the caller to know that {@code fromPosition} still is.
     *
     * @param fromIndex event of the first record to begin with.
     * @param max at least 1.
     * @return the events, for the caller to keep; {@link #nextPosition} and {@link #nextIndex} say where to go on.
     */
    public List<JobEvent> read(long fromPosition, int fromIndex, long lastPosition, int max) {
        events = new ArrayList<>();
        eventsMax = max;
        nextPosition = fromPosition;
        nextIndex = fromIndex;
        isFull = false;
        bytes = 0;
        int records = 0;
        while (nextPosition <= lastPosition && records < RECORDS_MAX && bytes < BYTES_MAX) {
            reader.read(nextPosition, pageHandler);
            if (isFull) {
                break;
            }
            nextPosition++;
            nextIndex = 0;
            records++;
        }
        return events;
    }

    /** Record to go on with behind the last {@link #read}. */
    public long nextPosition() {
        return nextPosition;
    }

    /** Event of that record to go on with. */
    public int nextIndex() {
        return nextIndex;
    }

    private void onPageRecord(
            long position, long epoch, long timeMs, int eventCount, DirectBuffer buffer, int offset, int length) {
        bytes += length;
        final int first = nextIndex;
        EventFrames.forEach(buffer, offset, length, (index, b, at, eventLength) -> {
            if (index < first || isFull || !isOfJob(b, at, eventLength)) {
                return;
            }
            if (events.size() == eventsMax) {
                isFull = true;
                nextIndex = index;
                return;
            }
            final JobEvent event = decoder.decode(position, index, timeMs, b, at);
            event.identity(identity(b, at));
            events.add(event);
        });
    }

    /**
     * Finds whose job an event is by the events before it, back to the one that tells.
     *
     * @return null if that is no longer in the log, or lies more than {@link #CHAIN_MAX} records of the job back.
     */
    public JobEvent.@Nullable Identity identify(JobEvent event) {
        chainKey = event.jobKey();
        chainNext = event.previousPosition;
        found = null;
        chainReads = 0;
        while (found == null && chainNext >= 0 && chainReads < CHAIN_MAX) {
            final long position = chainNext;
            chainNext = -1;
            chainReads++;
            if (!reader.read(position, chainHandler)) {
                return null;
            }
        }
        return found;
    }

    /** Records that the last {@link #identify} read. */
    public int chainReads() {
        return chainReads;
    }

    private void onChainRecord(
            long position, long epoch, long timeMs, int eventCount, DirectBuffer buffer, int offset, int length) {
        EventFrames.forEach(buffer, offset, length, (index, b, at, eventLength) -> {
            if (found != null
                    || eventLength < JOB_KEY_AT + Long.BYTES
                    || b.getLong(at + JOB_KEY_AT, LITTLE_ENDIAN) != chainKey) {
                return;
            }
            final int templateId = header.wrap(b, at).templateId();
            if (templateId == JobImageDecoder.TEMPLATE_ID || EventAppliers.isOfJob(templateId)) {
                found = identity(b, at);
                // Always back: a chain that does not lead there must not be walked in a circle.
                final long previous = found == null ? b.getLong(at + PREVIOUS_AT, LITTLE_ENDIAN) : -1;
                if (previous < position) {
                    chainNext = Math.max(chainNext, previous);
                }
            }
        });
    }

    private boolean isOfJob(DirectBuffer buffer, int at, int length) {
        return length >= JOB_KEY_AT + Long.BYTES
                && EventAppliers.isOfJob(header.wrap(buffer, at).templateId());
    }

    /** Whose job it is, if this event tells; else null. */
    private JobEvent.@Nullable Identity identity(DirectBuffer buffer, int at) {
        switch (header.wrap(buffer, at).templateId()) {
            case JobEnqueuedDecoder.TEMPLATE_ID -> {
                return definition(buffer, at);
            }
            case JobImportedDecoder.TEMPLATE_ID -> {
                imported.wrapAndApplyHeader(buffer, at, header);
                for (JobImportedDecoder.AttemptsDecoder attempt : imported.attempts()) {
                    attempt.skipErrorCode();
                    attempt.skipResult();
                }
                return definition(buffer, imported.limit() + JobImportedDecoder.definitionHeaderLength());
            }
            case JobImageDecoder.TEMPLATE_ID -> {
                image.wrapAndApplyHeader(buffer, at, header);
                for (JobImageDecoder.AttemptsDecoder attempt : image.attempts()) {
                    attempt.skipWorkerId();
                    attempt.skipErrorCode();
                    attempt.skipResult();
                }
                image.skipWorkerId();
                return definition(buffer, image.limit() + JobImageDecoder.definitionHeaderLength());
            }
            default -> {
                return null;
            }
        }
    }

    private JobEvent.Identity definition(DirectBuffer buffer, int at) {
        enqueued.wrapAndApplyHeader(buffer, at, header);
        final int priority = enqueued.priority();
        JobLimits.skip(enqueued);
        for (JobEnqueuedDecoder.MetadataDecoder entry : enqueued.metadata()) {
            entry.skipKey();
            entry.skipValue();
        }
        final byte[] tenant = new byte[enqueued.tenantLength()];
        enqueued.getTenant(tenant, 0, tenant.length);
        final byte[] taskGroup = new byte[enqueued.taskGroupLength()];
        enqueued.getTaskGroup(taskGroup, 0, taskGroup.length);
        final byte[] jobId = new byte[enqueued.jobIdLength()];
        enqueued.getJobId(jobId, 0, jobId.length);
        return new JobEvent.Identity(tenant, taskGroup, jobId, priority);
    }
}
