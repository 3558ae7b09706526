package io.silo.shard.state;

import io.silo.protocol.Xxh64;
import io.silo.protocol.event.CatchUp;
import io.silo.protocol.event.JobEnqueuedDecoder;
import io.silo.protocol.event.MessageHeaderDecoder;
import io.silo.shard.schedule.FiringTimes;
import java.nio.charset.StandardCharsets;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/** One schedule: what was asked for, and how far it has fired. Changed by appliers only, through {@link ScheduleTable}. */
public final class Schedule {
    /** What an event says of a schedule. */
    public record Spec(
            long intervalMs, long firstAtMs, long startWithinMs, CatchUp catchUp, String cron, String zone) {}

    /** All that an event says. */
    public record Image(long key, Spec spec, byte[] template, long nextFireMs, long lastFireMs, boolean paused) {}

    private final long key;
    private final String tenant;
    private final String id;
    private final String taskGroup;
    private final Spec spec;
    private final UnsafeBuffer template;
    private final long specHash;
    private @Nullable FiringTimes times;
    long nextFireMs;
    long lastFireMs;
    boolean paused;
    long position;

    /** @param template JobEnqueued event of its jobs, message header first; the job id is the schedule's. */
    Schedule(long key, Spec spec, byte[] template) {
        this.key = key;
        this.spec = spec;
        this.template = new UnsafeBuffer(template);
        final JobEnqueuedDecoder job = job();
        skipMetadata(job);
        this.tenant = job.tenant();
        this.taskGroup = job.taskGroup();
        this.id = job.jobId();
        this.specHash = Xxh64.mix(Xxh64.hash(this.template, 0, template.length)
                + Xxh64.mix(spec.intervalMs() * 31 + spec.firstAtMs())
                + Xxh64.mix(spec.startWithinMs() * 31 + spec.catchUp().value())
                + hash(spec.cron()) * 31
                + hash(spec.zone()));
    }

    private static long hash(String text) {
        final UnsafeBuffer bytes = new UnsafeBuffer(text.getBytes(StandardCharsets.UTF_8));
        return Xxh64.hash(bytes, 0, bytes.capacity());
    }

    /** From the counter that gives job keys. */
    public long key() {
        return key;
    }

    public String tenant() {
        return tenant;
    }

    public String id() {
        return id;
    }

    public String taskGroup() {
        return taskGroup;
    }

    public Spec spec() {
        return spec;
    }

    /** JobEnqueued event of its jobs, message header first. */
    public DirectBuffer template() {
        return template;
    }

    /** A decoder at the template's start. */
    public JobEnqueuedDecoder job() {
        return new JobEnqueuedDecoder().wrapAndApplyHeader(template, 0, new MessageHeaderDecoder());
    }

    /** Nominal time of the next firing, or {@link FiringTimes#NEVER}. */
    public long nextFireMs() {
        return nextFireMs;
    }

    /** Nominal time of the last firing that is over, or {@link FiringTimes#NEVER}. */
    public long lastFireMs() {
        return lastFireMs;
    }

    public boolean isPaused() {
        return paused;
    }

    /** Record of its last full event. */
    public long position() {
        return position;
    }

    public FiringTimes times() {
        final FiringTimes known =
                times != null ? times : FiringTimes.of(spec.intervalMs(), spec.firstAtMs(), spec.cron(), spec.zone());
        times = known;
        return known;
    }

    /** Bytes it holds, about. */
    long bytes() {
        return 512L + template.capacity();
    }

    /** Hash over logged fields. */
    long hash() {
        return Xxh64.mix(specHash + key + Xxh64.mix(nextFireMs + 31 * lastFireMs + (paused ? 1 : 0)));
    }

    static void skipMetadata(JobEnqueuedDecoder job) {
        JobLimits.skip(job);
        for (final JobEnqueuedDecoder.MetadataDecoder entry = job.metadata(); entry.hasNext(); ) {
            entry.next();
            entry.skipKey();
            entry.skipValue();
        }
    }
}
