package io.silo.client;

import org.jspecify.annotations.Nullable;

/**
 * A change of a job, as its shard's log has it. What an event does not say is 0, empty or null. Immutable.
 *
 * @param position of its record in the log.
 * @param index of the event in its record, from 0.
 * @param timeMs Unix epoch ms, by the shard's clock.
 * @param jobKey names the job on its shard for ever; two jobs that had one id, one after the other, have two.
 * @param isKnown false = nobody knows whose the job was: it was deleted since, and what tells is no longer in the log. Then priority, tenant,
 *     task group and id are 0 and empty: its key alone names it.
 * @param tenant {@code -} = none.
 * @param priority 0 to 99.
 * @param status of the job behind the event; null if it is deleted.
 * @param cause what ended the lease, if the event ends one.
 * @param attempt number of the attempt that the event is about; 0 = it names none.
 * @param startedAtMs start of the attempt that ended.
 * @param nextStartMs start of the attempt that is pending now, where the event sets it; of a failure 0 = none follows.
 * @param workerId who got the lease.
 * @param errorCode of the attempt that failed or was refused.
 */
public record JobEvent(
        long position,
        int index,
        long timeMs,
        long jobKey,
        JobEventKind kind,
        boolean isKnown,
        String tenant,
        String jobId,
        String taskGroup,
        int priority,
        @Nullable JobStatus status,
        LeaseEndCause cause,
        int attempt,
        long startedAtMs,
        long nextStartMs,
        String workerId,
        String errorCode) {}
