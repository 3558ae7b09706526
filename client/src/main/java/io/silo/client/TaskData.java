package io.silo.client;

import io.silo.protocol.reply.TasksLeasedDecoder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A task as the server granted it; the payload may be cut, and is not checked yet. */
record TaskData(
        long jobKey,
        long tokenEpoch,
        long token,
        long enqueuedAtMs,
        long startAtMs,
        int attempt,
        int relativeAttempt,
        long leaseMs,
        long maxRunMs,
        int priority,
        boolean isLastAttempt,
        List<Limit> limits,
        Map<String, String> metadata,
        String tenant,
        String taskGroup,
        String jobId,
        String uniqueKey,
        JobDraft.Content payload) {

    LeaseId leaseId() {
        return new LeaseId(ShardMap.hash(tenant), jobKey, tokenEpoch, token);
    }

    static TaskData of(TasksLeasedDecoder.TasksDecoder task) {
        final List<Limit> limits = new ArrayList<>(0);
        for (final TasksLeasedDecoder.TasksDecoder.LimitsDecoder limit : task.limits()) {
            final String key = limit.key();
            limits.add(LimitCodec.decode(key, limit.maxConcurrency(), limit.detailsLength(), limit::getDetails));
        }
        final Map<String, String> metadata = new HashMap<>();
        for (final TasksLeasedDecoder.TasksDecoder.MetadataDecoder entry : task.metadata()) {
            final String key = entry.key();
            metadata.put(key, entry.value());
        }
        final String tenant = task.tenant();
        final String taskGroup = task.taskGroup();
        final String jobId = task.jobId();
        final String uniqueKey = task.uniqueKey();
        final byte[] payload = new byte[task.payloadLength()];
        task.getPayload(payload, 0, payload.length);
        return new TaskData(
                task.jobKey(),
                task.tokenEpoch(),
                task.token(),
                task.enqueuedAtMs(),
                task.startAtMs(),
                (int) task.attempt(),
                (int) task.relativeAttempt(),
                task.leaseMs(),
                task.maxRunMs(),
                task.priority(),
                task.isLastAttempt() == 1,
                List.copyOf(limits),
                Map.copyOf(metadata),
                tenant,
                taskGroup,
                jobId,
                uniqueKey,
                new JobDraft.Content(
                        tenant,
                        jobId,
                        task.jobKey(),
                        false,
                        payload,
                        (int) task.payloadBytes(),
                        task.payloadCrc(),
                        task.payloadEncodingRaw()));
    }
}
