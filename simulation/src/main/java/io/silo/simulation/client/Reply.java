package io.silo.simulation.client;

import io.silo.protocol.reply.BulkReplyDecoder;
import io.silo.protocol.reply.Durability;
import io.silo.protocol.reply.EnqueueReplyDecoder;
import io.silo.protocol.reply.HeartbeatReplyDecoder;
import io.silo.protocol.reply.HelloReplyDecoder;
import io.silo.protocol.reply.ImportReplyDecoder;
import io.silo.protocol.reply.JobCountsReplyDecoder;
import io.silo.protocol.reply.JobReplyDecoder;
import io.silo.protocol.reply.JobsChangedReplyDecoder;
import io.silo.protocol.reply.JobsReplyDecoder;
import io.silo.protocol.reply.MessageHeaderDecoder;
import io.silo.protocol.reply.OutcomeReplyDecoder;
import io.silo.protocol.reply.ReplyHeaderDecoder;
import io.silo.protocol.reply.SchedulesChangedReplyDecoder;
import io.silo.protocol.reply.TasksLeasedDecoder;
import io.silo.protocol.session.ShardRoute;
import io.silo.simulation.history.JobRef;
import io.silo.simulation.history.JobSeen;
import io.silo.simulation.history.Lease;
import io.silo.simulation.history.LogPlace;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;
import org.agrona.concurrent.UnsafeBuffer;

/** One message of the broker, decoded when it is asked what it says. */
final class Reply {
    /** The answer to one item of a batch. */
    record Item(long jobKey, int code) {}

    private final UnsafeBuffer bytes;
    private final MessageHeaderDecoder messageHeader = new MessageHeaderDecoder();
    private final ReplyHeaderDecoder header = new ReplyHeaderDecoder();

    Reply(byte[] message) {
        bytes = new UnsafeBuffer(message);
        messageHeader.wrap(bytes, 0);
        header.wrap(bytes, MessageHeaderDecoder.ENCODED_LENGTH);
    }

    UnsafeBuffer bytes() {
        return bytes;
    }

    int templateId() {
        return messageHeader.templateId();
    }

    long correlation() {
        return header.correlationId();
    }

    int code() {
        return header.code();
    }

    boolean isDurable() {
        return header.durability() == Durability.DURABLE;
    }

    LogPlace place() {
        return new LogPlace(header.shard(), header.shardEpoch(), header.position());
    }

    List<ShardRoute> routes() {
        var decoder = new HelloReplyDecoder();
        decoder.wrapAndApplyHeader(bytes, 0, messageHeader);
        var routes = new ArrayList<ShardRoute>();
        for (var route : decoder.shards()) {
            routes.add(new ShardRoute(
                    route.shard(),
                    route.thread(),
                    route.rangeFirst(),
                    route.rangeLast(),
                    route.shardEpoch(),
                    route.idHigh(),
                    route.idLow()));
        }
        return routes;
    }

    /** Answers of a batch of this many items; the code of the whole refusal for each if there was one. */
    List<Item> items(int count) {
        var items = new ArrayList<Item>();
        switch (templateId()) {
            case EnqueueReplyDecoder.TEMPLATE_ID -> {
                var decoder = new EnqueueReplyDecoder();
                decoder.wrapAndApplyHeader(bytes, 0, messageHeader);
                decoder.results().forEach(result -> items.add(new Item(result.jobKey(), result.code())));
            }
            case OutcomeReplyDecoder.TEMPLATE_ID -> {
                var decoder = new OutcomeReplyDecoder();
                decoder.wrapAndApplyHeader(bytes, 0, messageHeader);
                decoder.results().forEach(result -> items.add(new Item(result.jobKey(), result.code())));
            }
            case HeartbeatReplyDecoder.TEMPLATE_ID -> {
                var decoder = new HeartbeatReplyDecoder();
                decoder.wrapAndApplyHeader(bytes, 0, messageHeader);
                decoder.leases().forEach(lease -> items.add(new Item(lease.jobKey(), lease.code())));
            }
            case JobsChangedReplyDecoder.TEMPLATE_ID -> {
                var decoder = new JobsChangedReplyDecoder();
                decoder.wrapAndApplyHeader(bytes, 0, messageHeader);
                decoder.results().forEach(result -> items.add(new Item(result.jobKey(), result.code())));
            }
            case SchedulesChangedReplyDecoder.TEMPLATE_ID -> {
                var decoder = new SchedulesChangedReplyDecoder();
                decoder.wrapAndApplyHeader(bytes, 0, messageHeader);
                decoder.results().forEach(result -> items.add(new Item(0, result.code())));
            }
            case ImportReplyDecoder.TEMPLATE_ID -> {
                var decoder = new ImportReplyDecoder();
                decoder.wrapAndApplyHeader(bytes, 0, messageHeader);
                decoder.results().forEach(result -> items.add(new Item(result.jobKey(), result.code())));
            }
            default -> {
                for (int i = 0; i < count; i++) {
                    items.add(new Item(0, code()));
                }
            }
        }
        return items;
    }

    /** Status that the answer to a change of one job tells; empty if it was refused as a whole. */
    String changedStatus() {
        if (templateId() != JobsChangedReplyDecoder.TEMPLATE_ID) {
            return "";
        }
        var decoder = new JobsChangedReplyDecoder();
        decoder.wrapAndApplyHeader(bytes, 0, messageHeader);
        return decoder.results().next().status().name();
    }

    /** Whether the job of the lease named there is to be cancelled, by the answer to a heartbeat. */
    boolean isCalledOff(int index) {
        if (templateId() != HeartbeatReplyDecoder.TEMPLATE_ID) {
            return false;
        }
        var decoder = new HeartbeatReplyDecoder();
        decoder.wrapAndApplyHeader(bytes, 0, messageHeader);
        var leases = decoder.leases();
        for (int i = 0; i < index && leases.hasNext(); i++) {
            leases.next();
        }
        return leases.hasNext() && leases.next().cancelled() != 0;
    }

    boolean isTasks() {
        return templateId() == TasksLeasedDecoder.TEMPLATE_ID;
    }

    long subscription() {
        var decoder = new TasksLeasedDecoder();
        decoder.wrapAndApplyHeader(bytes, 0, messageHeader);
        return decoder.subscriptionId();
    }

    List<Lease> tasks() {
        var decoder = new TasksLeasedDecoder();
        decoder.wrapAndApplyHeader(bytes, 0, messageHeader);
        var tasks = new ArrayList<Lease>();
        for (var task : decoder.tasks()) {
            for (var limit : task.limits()) {
                limit.sbeSkip();
            }
            for (var entry : task.metadata()) {
                entry.skipKey();
                entry.skipValue();
            }
            String tenant = task.tenant();
            String group = task.taskGroup();
            String id = task.jobId();
            task.skipUniqueKey();
            byte[] payload = new byte[task.payloadLength()];
            task.getPayload(payload, 0, payload.length);
            // A payload that was left out is fetched by other calls; its checksum is all there is here.
            boolean isWhole = payload.length == task.payloadBytes();
            tasks.add(new Lease(
                    new JobRef(tenant, id),
                    group,
                    header.shard(),
                    task.jobKey(),
                    task.tokenEpoch(),
                    task.token(),
                    (int) task.attempt(),
                    task.priority(),
                    task.startAtMs(),
                    // How long one lasts that a longest run may cut short is not known.
                    task.maxRunMs() == 0 ? (int) task.leaseMs() : 0,
                    isWhole ? crc(payload) : (int) task.payloadCrc()));
        }
        return tasks;
    }

    boolean isJob() {
        return templateId() == JobReplyDecoder.TEMPLATE_ID;
    }

    JobSeen job() {
        var job = new JobReplyDecoder();
        job.wrapAndApplyHeader(bytes, 0, messageHeader);
        for (var limit : job.limits()) {
            limit.skipKey();
            limit.skipDetails();
        }
        for (var entry : job.metadata()) {
            entry.skipKey();
            entry.skipValue();
        }
        var ended = new ArrayList<JobSeen.Ended>();
        for (var attempt : job.attempts()) {
            int outcome = attempt.outcome();
            String worker = attempt.workerId();
            String errorCode = attempt.errorCode();
            attempt.skipResult();
            if (outcome <= 2) {
                String name =
                        io.silo.protocol.command.Outcome.get((short) outcome).name();
                ended.add(new JobSeen.Ended((int) attempt.attempt(), name, worker, errorCode));
            }
        }
        return new JobSeen(
                job.status().name(), (int) job.attempt(), (int) job.payloadCrc(), (int) job.resultCrc(), ended);
    }

    /** How far a bulk change is; {@code key} is 0 if that was refused. */
    record Bulk(long key, boolean isFinished, long changed, long skipped) {}

    Bulk bulk() {
        if (templateId() != BulkReplyDecoder.TEMPLATE_ID) {
            return new Bulk(0, false, 0, 0);
        }
        var bulk = new BulkReplyDecoder();
        bulk.wrapAndApplyHeader(bytes, 0, messageHeader);
        return new Bulk(bulk.bulkKey(), bulk.finishedAtMs() != 0, bulk.changed(), bulk.skipped());
    }

    /** Jobs by status; empty if that was refused. */
    List<Long> jobCounts() {
        if (templateId() != JobCountsReplyDecoder.TEMPLATE_ID) {
            return List.of();
        }
        var counts = new JobCountsReplyDecoder();
        counts.wrapAndApplyHeader(bytes, 0, messageHeader);
        return List.of(counts.scheduled(), counts.running(), counts.succeeded(), counts.failed(), counts.cancelled());
    }

    /** Where the page behind this one of a list of jobs begins; 0 if there is none. */
    long nextCursor() {
        if (templateId() != JobsReplyDecoder.TEMPLATE_ID) {
            return 0;
        }
        var jobs = new JobsReplyDecoder();
        jobs.wrapAndApplyHeader(bytes, 0, messageHeader);
        return jobs.isLast() == 0 ? jobs.nextCursor() : 0;
    }

    static int crc(byte[] bytes) {
        var crc = new CRC32C();
        crc.update(bytes, 0, bytes.length);
        return (int) crc.getValue();
    }
}
