package io.silo.shard;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.silo.protocol.RejectReason;
import io.silo.protocol.command.CancelJobsEncoder;
import io.silo.protocol.command.DeleteJobsEncoder;
import io.silo.protocol.command.ExpediteJobsEncoder;
import io.silo.protocol.command.HeartbeatEncoder;
import io.silo.protocol.command.ImportJobsEncoder;
import io.silo.protocol.command.LeaseJobEncoder;
import io.silo.protocol.command.ListPausesEncoder;
import io.silo.protocol.command.Outcome;
import io.silo.protocol.command.PauseKind;
import io.silo.protocol.command.PayloadEncoding;
import io.silo.protocol.command.RestartJobsEncoder;
import io.silo.protocol.command.SetPausedEncoder;
import io.silo.protocol.reply.HeartbeatReplyDecoder;
import io.silo.protocol.reply.ImportReplyDecoder;
import io.silo.protocol.reply.JobReplyDecoder;
import io.silo.protocol.reply.JobsChangedReplyDecoder;
import io.silo.protocol.reply.MessageHeaderDecoder;
import io.silo.protocol.reply.PausesReplyDecoder;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What a {@link TestClient} does to jobs beyond enqueueing and working: the verbs, lease by id, import. */
final class TestVerbs {
    /** Verbs over a list of jobs; they share a layout. */
    enum Verb {
        CANCEL(CancelJobsEncoder.TEMPLATE_ID),
        RESTART(RestartJobsEncoder.TEMPLATE_ID),
        EXPEDITE(ExpediteJobsEncoder.TEMPLATE_ID),
        DELETE(DeleteJobsEncoder.TEMPLATE_ID);

        final int templateId;

        Verb(int templateId) {
            this.templateId = templateId;
        }
    }

    /** An attempt of an import. */
    record Ended(Outcome outcome, long startedAtMs, long finishedAtMs, String errorCode, String result, long uploadId) {
        static Ended failed(long at, String errorCode) {
            return new Ended(Outcome.FAILED, at, at + 5, errorCode, "why", 0);
        }

        static Ended succeeded(long at, String result) {
            return new Ended(Outcome.SUCCEEDED, at, at + 5, "", result, 0);
        }

        static Ended cancelled(long at) {
            return new Ended(Outcome.CANCELLED, at, at + 5, "", "", 0);
        }
    }

    private final TestClient client;

    TestVerbs(TestClient client) {
        this.client = client;
    }

    /** Names of the reasons, OK for none. */
    List<String> apply(Verb verb, String... ids) {
        var command = new CancelJobsEncoder();
        command.wrapAndApplyHeader(client.out, 0, client.header);
        client.header.templateId(verb.templateId);
        client.fill(command.header());
        var items = command.itemsCount(ids.length);
        for (String id : ids) {
            items.next().tenant(client.tenant).jobId(id);
        }
        return client.exchange(command.limit(), r -> {
            var messageHeader = new MessageHeaderDecoder().wrap(r.bytes(), 0);
            if (messageHeader.templateId() != JobsChangedReplyDecoder.TEMPLATE_ID) {
                return List.of(name(TestClient.code(r)));
            }
            var names = new ArrayList<String>();
            var decoder = new JobsChangedReplyDecoder();
            decoder.wrapAndApplyHeader(r.bytes(), 0, messageHeader);
            decoder.results().forEach(result -> names.add(name(result.code())));
            return names;
        });
    }

    String one(Verb verb, String id) {
        return apply(verb, id).get(0);
    }

    String cancel(String id) {
        return one(Verb.CANCEL, id);
    }

    String restart(String id) {
        return one(Verb.RESTART, id);
    }

    String expedite(String id) {
        return one(Verb.EXPEDITE, id);
    }

    String delete(String id) {
        return one(Verb.DELETE, id);
    }

    /** Leases one job; null if it is refused, and then {@link #refusal} says why. */
    TestClient.@Nullable Task lease(String id, String worker, long requestId) {
        var command = new LeaseJobEncoder();
        command.wrapAndApplyHeader(client.out, 0, client.header);
        client.fill(command.header());
        command.requestIdHigh(requestId)
                .requestIdLow(requestId)
                .tenant(client.tenant)
                .jobId(id)
                .workerId(worker);
        return client.exchange(command.limit(), r -> {
            refusal = name(TestClient.code(r));
            return TestClient.code(r) == RejectReason.OK ? TestClient.tasks(r).get(0) : null;
        });
    }

    /** Why {@link #lease} gave nothing. */
    String refusal = "";

    /** When it was asked to cancel the job of a live lease; 0 = it was not. -1 if the lease is refused. */
    long cancelledAt(String worker, TestClient.Task task) {
        var command = new HeartbeatEncoder();
        command.wrapAndApplyHeader(client.out, 0, client.header);
        client.fill(command.header());
        command.leasesCount(1)
                .next()
                .jobKey(task.jobKey())
                .tokenEpoch(task.epoch())
                .token(task.token());
        command.workerId(worker);
        return client.exchange(command.limit(), r -> {
            var decoder = new HeartbeatReplyDecoder();
            decoder.wrapAndApplyHeader(r.bytes(), 0, new MessageHeaderDecoder());
            var lease = decoder.leases().next();
            return lease.code() == RejectReason.OK ? lease.cancelledAtMs() : -1;
        });
    }

    /** Keys of the jobs that a heartbeat over all leases of a worker says are to be cancelled. */
    List<Long> cancelledOf(String worker) {
        var command = new HeartbeatEncoder();
        command.wrapAndApplyHeader(client.out, 0, client.header);
        client.fill(command.header());
        command.leasesCount(0);
        command.workerId(worker);
        return client.exchange(command.limit(), r -> {
            var keys = new ArrayList<Long>();
            var decoder = new HeartbeatReplyDecoder();
            decoder.wrapAndApplyHeader(r.bytes(), 0, new MessageHeaderDecoder());
            decoder.leases().forEach(lease -> {
                if (lease.cancelled() == 1) {
                    keys.add(lease.jobKey());
                }
            });
            return keys;
        });
    }

    /** Imports one job; {@code STATUS} if it is accepted, else {@code REASON} or {@code REASON@attempt}. */
    String importJob(TestClient.Item item, Ended... attempts) {
        return importJobs(List.of(item), List.of(List.of(attempts))).get(0);
    }

    List<String> importJobs(List<TestClient.Item> jobs, List<List<Ended>> attempts) {
        var command = new ImportJobsEncoder();
        command.wrapAndApplyHeader(client.out, 0, client.header);
        client.fill(command.header());
        var items = command.itemsCount(jobs.size());
        for (int i = 0; i < jobs.size(); i++) {
            encode(items.next(), jobs.get(i), attempts.get(i));
        }
        return client.exchange(command.limit(), r -> {
            var messageHeader = new MessageHeaderDecoder().wrap(r.bytes(), 0);
            if (messageHeader.templateId() != ImportReplyDecoder.TEMPLATE_ID) {
                return List.of(name(TestClient.code(r)));
            }
            var answers = new ArrayList<String>();
            var decoder = new ImportReplyDecoder();
            decoder.wrapAndApplyHeader(r.bytes(), 0, messageHeader);
            decoder.results()
                    .forEach(result -> answers.add(
                            result.code() == RejectReason.OK
                                    ? result.status().name()
                                    : name(result.code()) + (result.attempt() == 0 ? "" : "@" + result.attempt())));
            return answers;
        });
    }

    private static void encode(ImportJobsEncoder.ItemsEncoder target, TestClient.Item item, List<Ended> attempts) {
        target.enqueuedAtMs(0)
                .startAtMs(item.startAtMs)
                .uploadId(item.uploadId)
                .retryInitialIntervalMs(item.retryInitialMs)
                .retryMaxIntervalMs(item.retryMaxMs)
                .startDeadlineMs(item.startDeadlineMs)
                .retryCount(item.retryCount)
                .retryBackoffPermille(item.retryBackoffPermille)
                .leaseMs(item.leaseMs)
                .maxRunMs(item.maxRunMs)
                .priority((short) item.priority)
                .retryJitter((short) (item.jitter ? 1 : 0))
                .payloadEncoding(PayloadEncoding.TEXT);
        var group = target.attemptsCount(attempts.size());
        for (Ended attempt : attempts) {
            byte[] result = attempt.result().getBytes(UTF_8);
            group.next()
                    .startedAtMs(attempt.startedAtMs())
                    .finishedAtMs(attempt.finishedAtMs())
                    .uploadId(attempt.uploadId())
                    .outcome(attempt.outcome())
                    .resultEncoding(PayloadEncoding.RAW)
                    .errorCode(attempt.errorCode())
                    .putResult(result, 0, result.length);
        }
        var limits = target.limitsCount(item.limits.size());
        item.limits.forEach((key, max) -> limits.next().maxConcurrency(max).key(key));
        var metadata = target.metadataCount(item.metadata.size());
        item.metadata.forEach((key, value) -> metadata.next().key(key).value(value));
        target.tenant(item.tenant)
                .taskGroup(item.taskGroup)
                .jobId(item.id)
                .uniqueKey(item.uniqueKey)
                .putPayload(item.payload, 0, item.payload.length);
    }

    /** Code of the answer. */
    int setPaused(PauseKind kind, String name, boolean paused) {
        var command = new SetPausedEncoder();
        command.wrapAndApplyHeader(client.out, 0, client.header);
        client.fill(command.header());
        command.kind(kind).paused((short) (paused ? 1 : 0)).name(name);
        return client.exchange(command.limit(), TestClient::code);
    }

    /** What is paused, page by page, each as {@code KIND:name}. */
    List<String> pauses() {
        List<String> all = new ArrayList<>();
        var after = new String[] {"TASK_GROUP", ""};
        while (true) {
            boolean isLast = client.exchange(listPauses(PauseKind.valueOf(after[0]), after[1]), r -> {
                var decoder = new PausesReplyDecoder();
                decoder.wrapAndApplyHeader(r.bytes(), 0, new MessageHeaderDecoder());
                boolean last = decoder.isLast() != 0;
                for (PausesReplyDecoder.PausesDecoder item : decoder.pauses()) {
                    after[0] = item.kind().name();
                    after[1] = item.name();
                    all.add(after[0] + ":" + after[1]);
                }
                return last;
            });
            if (isLast) {
                return all;
            }
        }
    }

    private int listPauses(PauseKind kind, String name) {
        var command = new ListPausesEncoder();
        command.wrapAndApplyHeader(client.out, 0, client.header);
        client.fill(command.header());
        command.afterKind(kind).afterName(name);
        return command.limit();
    }

    /** A field of GetJob's reply. */
    <T> T read(String id, Function<JobReplyDecoder, T> field) {
        long correlation = client.sendGet(id);
        client.harness.run();
        return client.reply(correlation, r -> {
            var decoder = new JobReplyDecoder();
            decoder.wrapAndApplyHeader(r.bytes(), 0, new MessageHeaderDecoder());
            return field.apply(decoder);
        });
    }

    /** Outcome as {@code STATUS:code:data}, or the reason. */
    String result(String id) {
        long correlation = client.sendGetResult(id, 0);
        client.harness.run();
        return client.reply(correlation, TestClient::result);
    }

    private static String name(int code) {
        return code == RejectReason.OK ? "OK" : String.valueOf(RejectReason.fromCode(code));
    }
}
