package io.silo.simulation.client;

import io.silo.protocol.RejectReason;
import io.silo.protocol.command.Outcome;
import io.silo.simulation.history.Entry;
import io.silo.simulation.history.Entry.Change;
import io.silo.simulation.history.JobRef;
import io.silo.simulation.history.Lease;
import io.silo.simulation.world.Fault;
import io.silo.simulation.world.Feature;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What a producer does to jobs beside enqueuing them, as an operator would: cancel, restart, expedite, delete and perhaps make anew,
 * run by hand, import. Each call is made once; of one without an answer the job is looked at.
 */
final class Operations {
    private static final long MS = 1_000_000;

    /** Jobs that a producer imports. */
    private static final int IMPORTS_MAX = 6;

    private static final int ATTEMPTS_MAX = 4;

    private final SimProducer producer;

    /** Jobs with a call under way: one at a time. */
    private final Set<String> busy = new HashSet<>();

    private final Map<String, JobDraft> imported = new HashMap<>();
    private final Map<String, List<Outcome>> outcomes = new HashMap<>();
    private final List<String> importedIds = new ArrayList<>();

    Operations(SimProducer producer) {
        this.producer = producer;
    }

    /** Does something to a job. */
    void operate(JobRef job) {
        if (busy.contains(job.id()) || producer.isAsked(job)) {
            return;
        }
        switch (producer.random.nextInt(6)) {
            case 0, 1 -> change(job, Change.CANCEL);
            case 2 -> change(job, Change.RESTART);
            case 3 -> change(job, Change.EXPEDITE);
            case 4 -> change(job, Change.DELETE);
            default -> runByHand(job);
        }
    }

    private long invoke(JobRef job, Change change, boolean appended) {
        busy.add(job.id());
        long entry = producer.history.nextCall();
        producer.history.add(
                new Entry.ChangeInvoked(producer.world.nowNs(), entry, producer.name(), job, change, !appended));
        return entry;
    }

    private void answered(JobRef job, long entry, Reply reply, int code, long jobKey, String status) {
        busy.remove(job.id());
        producer.history.add(new Entry.ChangeAnswered(
                producer.world.nowNs(), entry, code, jobKey, status, reply.place(), reply.isDurable()));
    }

    /** What became of the job has to be looked at. */
    private void unknown(JobRef job) {
        busy.remove(job.id());
        producer.exists(job);
    }

    private boolean isAppended() {
        return producer.world.has(Feature.APPENDED) && producer.random.nextBoolean();
    }

    private void change(JobRef job, Change change) {
        boolean appended = isAppended();
        long entry = invoke(job, change, appended);
        producer.call(
                change.name(),
                0,
                correlation ->
                        producer.commands.change(correlation, producer.shardOf(job.tenant()), appended, change, job),
                reply -> {
                    Reply.Item item = reply.items(1).get(0);
                    answered(job, entry, reply, item.code(), item.jobKey(), reply.changedStatus());
                    if (item.code() == RejectReason.OK && change == Change.DELETE) {
                        deleted(job, reply.isDurable() ? item.jobKey() : 0);
                    } else if (item.code() == RejectReason.OK) {
                        producer.exists(job);
                    }
                },
                () -> unknown(job));
    }

    private void deleted(JobRef job, long jobKey) {
        producer.exists(job);
        int dice = producer.random.nextInt(4);
        if (dice < 3) {
            // By a clock that jumps, the 10 minutes of memory may be over.
            boolean isSure = !producer.world.has(Fault.CLOCK_JUMP);
            producer.enqueueAgain(job, dice < 2, isSure ? jobKey : 0);
        }
    }

    // ---- by hand

    private String hand() {
        return producer.name() + "-hand";
    }

    private void runByHand(JobRef job) {
        long entry = invoke(job, Change.LEASE, false);
        long requestId = producer.random.nextLong();
        producer.call(
                "LeaseJob",
                0,
                correlation ->
                        producer.commands.leaseJob(correlation, producer.shardOf(job.tenant()), requestId, job, hand()),
                reply -> {
                    answered(job, entry, reply, reply.code(), 0, "");
                    if (reply.isTasks()) {
                        for (Lease lease : reply.tasks()) {
                            producer.history.add(new Entry.Granted(
                                    producer.world.nowNs(), producer.name(), hand(), lease, reply.isDurable()));
                            producer.world.after(1 + producer.random.nextLong(300 * MS), () -> report(lease));
                        }
                    }
                },
                () -> unknown(job));
    }

    /** Once: where it does not come through, the lease expires. */
    private void report(Lease lease) {
        if (producer.isStopped()) {
            return;
        }
        producer.exists(lease.job());
        Outcome outcome = producer.random.nextInt(3) == 0 ? Outcome.FAILED : Outcome.SUCCEEDED;
        byte[] result = {(byte) lease.attempt()};
        String errorCode = outcome == Outcome.FAILED ? "BY_HAND" : "";
        long entry = producer.history.nextCall();
        producer.history.add(new Entry.ReportInvoked(
                producer.world.nowNs(),
                entry,
                producer.name(),
                hand(),
                lease,
                outcome.name(),
                errorCode,
                Reply.crc(result),
                true));
        producer.call(
                "ReportOutcome",
                0,
                correlation -> producer.commands.report(
                        correlation,
                        lease.shard(),
                        false,
                        0,
                        0,
                        List.of(new Commands.Report(lease, outcome, errorCode, result))),
                reply -> producer.history.add(new Entry.ReportAnswered(
                        producer.world.nowNs(), entry, reply.items(1).get(0).code(), reply.place(), reply.isDurable())),
                () -> {});
    }

    // ---- import

    /** A new job with its history, or more history of one that was imported before. */
    void importSome() {
        boolean isNew = importedIds.isEmpty() || importedIds.size() < IMPORTS_MAX && producer.random.nextBoolean();
        String id = isNew
                ? producer.name() + "-import-" + importedIds.size()
                : importedIds.get(producer.random.nextInt(importedIds.size()));
        if (busy.contains(id)) {
            return;
        }
        if (isNew) {
            importedIds.add(id);
            int tenants =
                    producer.world.has(Feature.TENANTS) ? producer.profile().tenants() : 1;
            String tenant = producer.profile().tenant(producer.random.nextInt(tenants));
            imported.put(id, producer.draft(tenant, id));
            outcomes.put(id, new ArrayList<>());
        }
        List<Outcome> history = outcomes.getOrDefault(id, List.of());
        JobDraft draft = imported.get(id);
        if (draft == null || history.size() >= ATTEMPTS_MAX || !isFailedOnly(history)) {
            return;
        }
        for (int i = producer.random.nextInt(3); i > 0 && isFailedOnly(history); i--) {
            history.add(producer.random.nextInt(4) > 0 ? Outcome.FAILED : Outcome.SUCCEEDED);
        }
        importJob(draft, List.copyOf(history));
    }

    private static boolean isFailedOnly(List<Outcome> history) {
        return history.stream().allMatch(outcome -> outcome == Outcome.FAILED);
    }

    private void importJob(JobDraft draft, List<Outcome> history) {
        JobRef job = draft.spec().job();
        boolean appended = isAppended();
        long entry = invoke(job, Change.IMPORT, appended);
        producer.call(
                "ImportJobs",
                0,
                correlation -> producer.commands.importJob(
                        correlation, producer.shardOf(job.tenant()), appended, draft, history),
                reply -> {
                    Reply.Item item = reply.items(1).get(0);
                    answered(job, entry, reply, item.code(), item.jobKey(), "");
                    if (item.code() == RejectReason.OK) {
                        producer.exists(job);
                    }
                },
                () -> unknown(job));
    }
}
