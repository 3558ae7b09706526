package io.silo.simulation.model;

import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.silo.protocol.Session;
import io.silo.protocol.command.CancelJobsEncoder;
import io.silo.protocol.command.CatchUp;
import io.silo.protocol.command.CommandHeaderEncoder;
import io.silo.protocol.command.DeleteJobsEncoder;
import io.silo.protocol.command.DeleteSchedulesEncoder;
import io.silo.protocol.command.Durability;
import io.silo.protocol.command.EnqueueEncoder;
import io.silo.protocol.command.ExpediteJobsEncoder;
import io.silo.protocol.command.GetJobEncoder;
import io.silo.protocol.command.GetJobResultEncoder;
import io.silo.protocol.command.GetScheduleEncoder;
import io.silo.protocol.command.GetTenantEncoder;
import io.silo.protocol.command.HeartbeatEncoder;
import io.silo.protocol.command.ImportJobsEncoder;
import io.silo.protocol.command.LeaseJobEncoder;
import io.silo.protocol.command.LeaseTasksEncoder;
import io.silo.protocol.command.ListSchedulesEncoder;
import io.silo.protocol.command.ListTenantsEncoder;
import io.silo.protocol.command.MessageHeaderEncoder;
import io.silo.protocol.command.Outcome;
import io.silo.protocol.command.PauseKind;
import io.silo.protocol.command.PauseSchedulesEncoder;
import io.silo.protocol.command.PayloadEncoding;
import io.silo.protocol.command.PutScheduleEncoder;
import io.silo.protocol.command.ReadBytesEncoder;
import io.silo.protocol.command.ReportOutcomeEncoder;
import io.silo.protocol.command.RestartJobsEncoder;
import io.silo.protocol.command.ResumeSchedulesEncoder;
import io.silo.protocol.command.ReturnLeasesEncoder;
import io.silo.protocol.command.SetPausedEncoder;
import io.silo.protocol.command.SetTenantEncoder;
import io.silo.protocol.command.SubscribeEncoder;
import io.silo.protocol.command.UnsubscribeEncoder;
import io.silo.protocol.command.UploadChunkEncoder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.BiConsumer;
import org.agrona.concurrent.UnsafeBuffer;

/** Sessions that say anything, sensible or not, to one shard. */
final class RandomClients {
    private static final int TASKS_KEPT = 200;

    private final SplittableRandom random;
    private final TappedShard shard;
    final UnsafeBuffer out = new UnsafeBuffer(new byte[256 * 1024]);
    final MessageHeaderEncoder header = new MessageHeaderEncoder();
    private final List<Session> sessions = new ArrayList<>();
    private final List<ModelReply.Task> tasks = new ArrayList<>();
    private final Map<String, String> tenants = new HashMap<>();
    private long nextSession = 1;
    private long correlations = 1;
    private long uploads = 1;
    private int jobs;
    private final RandomBulks bulk;
    private final RandomLimits limits;
    int commands;

    RandomClients(SplittableRandom random, TappedShard shard) {
        this.random = random;
        this.shard = shard;
        this.bulk = new RandomBulks(this, random);
        this.limits = new RandomLimits(this, random);
        reconnect();
    }

    /** New sessions, as after a restart. */
    void reconnect() {
        sessions.clear();
        for (int i = 0; i < 4; i++) {
            sessions.add(session());
        }
    }

    private Session session() {
        var scope = random.nextInt(4) == 0 ? new UnsafeBuffer("a".getBytes(UTF_8)) : null;
        return new Session(nextSession++, scope);
    }

    void closeOne() {
        int i = random.nextInt(sessions.size());
        shard.close(sessions.get(i), random.nextBoolean());
        sessions.set(i, session());
    }

    /** Learns the tasks that were given. */
    void read() {
        for (ModelReply reply : shard.replies) {
            if (reply.isTasks()) {
                tasks.addAll(reply.tasks());
            }
            bulk.read(reply);
            limits.read(reply);
        }
        shard.replies.clear();
        while (tasks.size() > TASKS_KEPT) {
            tasks.remove(0);
        }
    }

    void say() {
        if (random.nextInt(12) == 0) {
            bulk.say();
            return;
        }
        if (random.nextInt(8) == 0) {
            limits.say();
            return;
        }
        if (random.nextInt(10) == 0) {
            sayOfSchedules();
            return;
        }
        if (random.nextInt(25) == 0) {
            setPaused();
            return;
        }
        if (random.nextInt(25) == 0) {
            sayOfTenants();
            return;
        }
        int dice = random.nextInt(100);
        if (dice < 22) {
            enqueue();
        } else if (dice < 34) {
            leaseTasks();
        } else if (dice < 42) {
            subscribe();
        } else if (dice < 45) {
            unsubscribe();
        } else if (dice < 63) {
            reportOutcome();
        } else if (dice < 67) {
            returnLeases();
        } else if (dice < 74) {
            heartbeat();
        } else if (dice < 82) {
            changeJobs();
        } else if (dice < 84) {
            leaseJob();
        } else if (dice < 87) {
            importJobs();
        } else if (dice < 90) {
            upload();
        } else if (dice < 94) {
            getJob();
        } else if (dice < 98) {
            getJobResult();
        } else {
            readBytes();
        }
    }

    private void sayOfSchedules() {
        int dice = random.nextInt(100);
        if (dice < 45) {
            putSchedule();
        } else if (dice < 75) {
            changeSchedules();
        } else if (dice < 85) {
            listSchedules();
        } else {
            getSchedule();
        }
    }

    /** Those of a rate limit, of a floating one, or none. */
    private byte[] details() {
        if (random.nextInt(3) == 0) {
            return RandomLimits.floating(random, seldom());
        }
        return random.nextInt(3) == 0 ? RandomRates.details(random, seldom()) : new byte[0];
    }

    boolean seldom() {
        return random.nextInt(40) == 0;
    }

    String tenant() {
        return seldom() ? "t".repeat(65) : List.of("", "", "a", "a", "b", "c").get(random.nextInt(6));
    }

    String group() {
        return seldom()
                ? List.of("", "g".repeat(65), "g\u0001", "\u0001".repeat(65)).get(random.nextInt(4))
                : "g" + random.nextInt(2);
    }

    private String uniqueKey() {
        if (seldom()) {
            return List.of("u".repeat(257), "u\u0007").get(random.nextInt(2));
        }
        return random.nextInt(5) == 0 ? "u" + random.nextInt(6) : "";
    }

    private String worker() {
        return seldom() ? List.of("", "w\u0007", "w".repeat(257)).get(random.nextInt(3)) : "w" + random.nextInt(3);
    }

    private String jobId() {
        return seldom()
                ? List.of("", "j\u0000", "j".repeat(257)).get(random.nextInt(3))
                : "j" + random.nextInt(jobs + 2);
    }

    private void fill(CommandHeaderEncoder head, long shardNumber) {
        head.correlationId(correlations++)
                .shardEpoch(random.nextInt(3) == 0 ? shard.shardEpoch() : seldom() ? shard.shardEpoch() + 1 : 0)
                .shard((int) shardNumber)
                .durability(random.nextInt(3) == 0 ? Durability.APPENDED : Durability.DURABLE);
    }

    void fill(CommandHeaderEncoder head) {
        fill(head, random.nextInt(200) == 0 ? 7 : 0);
    }

    void send(int limit) {
        if (random.nextInt(300) == 0) {
            out.putShort(2, (short) 90, LITTLE_ENDIAN);
        }
        commands++;
        shard.queue(sessions.get(random.nextInt(sessions.size())), out, limit);
    }

    private void enqueue() {
        var command = new EnqueueEncoder();
        command.wrapAndApplyHeader(out, 0, header);
        fill(command.header());
        int count = 1 + random.nextInt(4);
        var items = command.itemsCount(count);
        for (int i = 0; i < count; i++) {
            boolean isNew = random.nextInt(10) < 8;
            String id = isNew ? "j" + jobs++ : random.nextBoolean() ? recentJobId() : jobId();
            boolean uploaded = random.nextInt(12) == 0;
            items.next()
                    .requestIdHigh(seldom() ? 1 : 0)
                    .requestIdLow(random.nextInt(3))
                    .startAtMs(start())
                    .uploadId(uploaded ? 1 + random.nextLong(uploads) : 0)
                    .retryInitialIntervalMs(seldom() ? -1 : random.nextInt(3_000))
                    .retryMaxIntervalMs(random.nextBoolean() ? 0 : 3_000 + random.nextInt(5_000))
                    .retryCount(random.nextInt(4))
                    .retryBackoffPermille(seldom() ? 999 : 1_000 + random.nextInt(2_500))
                    .leaseMs(seldom() ? 99 : random.nextBoolean() ? 0 : 500 + random.nextInt(5_000))
                    .maxRunMs(seldom() ? 99 : random.nextInt(4) == 0 ? 300 + random.nextInt(9_000) : 0)
                    .startDeadlineMs(latestStart())
                    .priority((short) (seldom() ? 100 : random.nextInt(3)))
                    .retryJitter((short) random.nextInt(2))
                    .payloadEncoding(PayloadEncoding.get((short) random.nextInt(4)));
            int named = seldom() ? 17 : random.nextInt(3) == 0 ? 1 + random.nextInt(3) : 0;
            var limits = items.limitsCount(named);
            for (int k = 0; k < named; k++) {
                limits.next().maxConcurrency(random.nextInt(12) == 0 ? 0 : 1 + random.nextInt(3));
                limits.key(seldom() ? "" : "limit" + random.nextInt(3));
                byte[] details = details();
                limits.putDetails(details, 0, details.length);
            }
            int entries = seldom() ? 17 : random.nextInt(3);
            var metadata = items.metadataCount(entries);
            for (int k = 0; k < entries; k++) {
                metadata.next().key(seldom() ? "k".repeat(64) : "k" + k).value(k == 1 ? "v" : "v" + id);
            }
            byte[] payload = new byte[uploaded && !seldom() ? 0 : random.nextInt(3_000)];
            String tenant = isNew ? tenant() : tenants.getOrDefault(id, "");
            tenants.put(id, tenant);
            items.tenant(tenant)
                    .taskGroup(group())
                    .jobId(id)
                    .uniqueKey(uniqueKey())
                    .putPayload(payload, 0, payload.length);
        }
        send(command.limit());
    }

    private long start() {
        return switch (random.nextInt(8)) {
            case 0 -> shard.nowMs() + random.nextInt(6_000);
            case 1 -> Math.max(1, shard.nowMs() - random.nextInt(500));
            case 2 -> seldom() ? -1 : 0;
            default -> 0;
        };
    }

    private long latestStart() {
        return switch (random.nextInt(8)) {
            case 0 -> shard.nowMs() + random.nextInt(4_000);
            case 1 -> seldom() ? Math.max(1, shard.nowMs() - random.nextInt(500)) : 0;
            case 2 -> seldom() ? -1 : 0;
            default -> 0;
        };
    }

    private void leaseTasks() {
        var command = new LeaseTasksEncoder();
        command.wrapAndApplyHeader(out, 0, header);
        fill(command.header());
        command.requestIdHigh(0)
                .requestIdLow(random.nextBoolean() ? 0 : random.nextInt(20))
                .waitMs(seldom() ? 60_001 : random.nextBoolean() ? 0 : random.nextInt(4_000))
                .maxTasks(seldom() ? 1_025 : random.nextInt(6))
                .tenant(random.nextInt(3) == 0 ? tenant() : "")
                .taskGroup(group())
                .workerId(worker());
        send(command.limit());
    }

    private void subscribe() {
        var command = new SubscribeEncoder();
        command.wrapAndApplyHeader(out, 0, header);
        fill(command.header(), -1);
        long id = random.nextInt(4);
        command.subscriptionId(id)
                .credits(seldom() ? 65_537 : random.nextInt(5))
                .tenant(random.nextInt(4) == 0 ? tenant() : "")
                .taskGroup(seldom() ? group() : "g" + id % 2)
                .workerId(seldom() ? worker() : "w" + id % 3);
        send(command.limit());
    }

    private void unsubscribe() {
        var command = new UnsubscribeEncoder();
        command.wrapAndApplyHeader(out, 0, header);
        fill(command.header(), -1);
        command.subscriptionId(random.nextInt(4));
        send(command.limit());
    }

    /** A task that was given, the newest most often, or none that ever was. */
    private ModelReply.Task task() {
        if (tasks.isEmpty() || seldom()) {
            return unknownTask();
        }
        int back = random.nextInt(3) == 0 ? random.nextInt(tasks.size()) : random.nextInt(Math.min(8, tasks.size()));
        return tasks.get(tasks.size() - 1 - back);
    }

    private ModelReply.Task unknownTask() {
        return new ModelReply.Task(
                1 + random.nextInt(50),
                1,
                random.nextInt(5_000),
                0,
                0,
                1,
                1,
                0,
                0,
                0,
                0,
                0,
                false,
                0,
                List.of(),
                List.of(),
                "",
                "g0",
                "j1",
                "",
                "");
    }

    private void reportOutcome() {
        var command = new ReportOutcomeEncoder();
        command.wrapAndApplyHeader(out, 0, header);
        fill(command.header());
        command.subscriptionId(random.nextInt(4)).credits(random.nextInt(3));
        int count = 1 + random.nextInt(3);
        var items = command.itemsCount(count);
        for (int i = 0; i < count; i++) {
            var task = task();
            boolean uploaded = random.nextInt(15) == 0;
            int outcome = random.nextInt(10);
            byte[] result = new byte[uploaded && !seldom() ? 0 : random.nextInt(500)];
            random.nextBytes(result);
            items.next()
                    .jobKey(task.jobKey())
                    .tokenEpoch(task.tokenEpoch())
                    .token(task.token())
                    .uploadId(uploaded ? 1 + random.nextLong(uploads) : 0)
                    .outcome(outcome < 4 ? Outcome.SUCCEEDED : outcome < 9 ? Outcome.FAILED : Outcome.CANCELLED)
                    .resultEncoding(PayloadEncoding.RAW)
                    .errorCode(seldom() ? "" : "E" + random.nextInt(3))
                    .putResult(result, 0, result.length);
        }
        send(command.limit());
    }

    private void returnLeases() {
        var command = new ReturnLeasesEncoder();
        command.wrapAndApplyHeader(out, 0, header);
        fill(command.header());
        int count = 1 + random.nextInt(2);
        var leases = command.leasesCount(count);
        for (int i = 0; i < count; i++) {
            var task = task();
            leases.next()
                    .jobKey(task.jobKey())
                    .tokenEpoch(task.tokenEpoch())
                    .token(task.token())
                    .snoozeMs(seldom() ? -1 : random.nextBoolean() ? 0 : random.nextInt(4_000));
        }
        command.workerId(worker());
        send(command.limit());
    }

    private void changeJobs() {
        int count = 1 + random.nextInt(3);
        int limit = switch (random.nextInt(4)) {
            case 0 -> {
                var command = new CancelJobsEncoder();
                fill(command.wrapAndApplyHeader(out, 0, header).header());
                var items = command.itemsCount(count);
                for (int i = 0; i < count; i++) {
                    name(
                            recentJobId(),
                            (tenant, id) -> items.next().tenant(tenant).jobId(id));
                }
                yield command.limit();
            }
            case 1 -> {
                var command = new RestartJobsEncoder();
                fill(command.wrapAndApplyHeader(out, 0, header).header());
                var items = command.itemsCount(count);
                for (int i = 0; i < count; i++) {
                    name(
                            recentJobId(),
                            (tenant, id) -> items.next().tenant(tenant).jobId(id));
                }
                yield command.limit();
            }
            case 2 -> {
                var command = new ExpediteJobsEncoder();
                fill(command.wrapAndApplyHeader(out, 0, header).header());
                var items = command.itemsCount(count);
                for (int i = 0; i < count; i++) {
                    name(
                            recentJobId(),
                            (tenant, id) -> items.next().tenant(tenant).jobId(id));
                }
                yield command.limit();
            }
            default -> {
                var command = new DeleteJobsEncoder();
                fill(command.wrapAndApplyHeader(out, 0, header).header());
                var items = command.itemsCount(count);
                for (int i = 0; i < count; i++) {
                    name(
                            recentJobId(),
                            (tenant, id) -> items.next().tenant(tenant).jobId(id));
                }
                yield command.limit();
            }
        };
        send(limit);
    }

    /** Most often with the tenant that the id was last used with. */
    private void name(String id, BiConsumer<String, String> item) {
        item.accept(seldom() ? tenant() : tenants.getOrDefault(id, ""), id);
    }

    /** One of the newest: among all, few calls would meet the same job twice. */
    String recentJobId() {
        if (seldom()) {
            return jobId();
        }
        return random.nextInt(3) == 0 ? "i" + random.nextInt(12) : "j" + Math.max(0, jobs - random.nextInt(40));
    }

    private void leaseJob() {
        var command = new LeaseJobEncoder();
        fill(command.wrapAndApplyHeader(out, 0, header).header());
        command.requestIdHigh(0).requestIdLow(random.nextInt(4));
        name(recentJobId(), (tenant, id) -> command.tenant(tenant).jobId(id).workerId(worker()));
        send(command.limit());
    }

    /** The attempts of an id are the same in every import, so that some go on from others. */
    private void importJobs() {
        var command = new ImportJobsEncoder();
        fill(command.wrapAndApplyHeader(out, 0, header).header());
        int count = 1 + random.nextInt(2);
        var items = command.itemsCount(count);
        for (int i = 0; i < count; i++) {
            String id = random.nextInt(3) == 0 ? recentJobId() : "i" + random.nextInt(12);
            boolean uploaded = random.nextInt(12) == 0;
            items.next()
                    .enqueuedAtMs(random.nextInt(3) == 0 ? 1 + random.nextInt(500) : 0)
                    .startAtMs(start())
                    .uploadId(uploaded ? 1 + random.nextLong(uploads) : 0)
                    .retryInitialIntervalMs(random.nextInt(3_000))
                    .retryMaxIntervalMs(0)
                    .startDeadlineMs(latestStart())
                    .retryCount(random.nextInt(5))
                    .retryBackoffPermille(1_500)
                    .leaseMs(random.nextBoolean() ? 0 : 700)
                    .maxRunMs(random.nextInt(3) == 0 ? 800 + random.nextInt(4_000) : 0)
                    .priority((short) random.nextInt(3))
                    .retryJitter((short) random.nextInt(2))
                    .payloadEncoding(PayloadEncoding.RAW);
            attempts(items, id);
            byte[] details = details();
            items.limitsCount(1)
                    .next()
                    .maxConcurrency(2)
                    .key("limit" + random.nextInt(3))
                    .putDetails(details, 0, details.length);
            items.metadataCount(0);
            byte[] payload = new byte[uploaded && !seldom() ? 0 : random.nextInt(300)];
            String tenant = random.nextInt(4) == 0 ? tenant() : tenants.getOrDefault(id, "");
            tenants.put(id, tenant);
            items.tenant(tenant).taskGroup(group()).jobId(id).uniqueKey(uniqueKey());
            items.putPayload(payload, 0, payload.length);
        }
        send(command.limit());
    }

    private void attempts(ImportJobsEncoder.ItemsEncoder item, String id) {
        int count = seldom() ? 101 : random.nextInt(5);
        var attempts = item.attemptsCount(count);
        for (int number = 1; number <= count; number++) {
            boolean isLast = number == count;
            Outcome outcome = isLast && random.nextInt(3) == 0
                    ? random.nextBoolean() ? Outcome.SUCCEEDED : Outcome.CANCELLED
                    : seldom() ? Outcome.SUCCEEDED : Outcome.FAILED;
            boolean uploaded = outcome != Outcome.CANCELLED && random.nextInt(20) == 0;
            byte[] result = outcome == Outcome.CANCELLED || uploaded ? new byte[0] : id.getBytes(UTF_8);
            attempts.next()
                    .startedAtMs(seldom() ? -1 : number * 100)
                    .finishedAtMs(number * 100L + (seldom() ? 7 : 50))
                    .uploadId(uploaded ? 1 + random.nextLong(uploads) : 0)
                    .outcome(outcome)
                    .resultEncoding(PayloadEncoding.RAW)
                    .errorCode(outcome == Outcome.FAILED || seldom() ? "E" : "")
                    .putResult(result, 0, result.length);
        }
    }

    private void heartbeat() {
        var command = new HeartbeatEncoder();
        command.wrapAndApplyHeader(out, 0, header);
        fill(command.header());
        int count = random.nextInt(4);
        var leases = command.leasesCount(count);
        for (int i = 0; i < count; i++) {
            var task = task();
            leases.next().jobKey(task.jobKey()).tokenEpoch(task.tokenEpoch()).token(task.token());
        }
        command.workerId(worker());
        send(command.limit());
    }

    /** Most often a whole upload in order, from one session. */
    private void upload() {
        int parts = 1 + random.nextInt(3);
        int partBytes = 1_000 + random.nextInt(10_000);
        var session = sessions.get(random.nextInt(sessions.size()));
        long id = seldom() ? random.nextLong(uploads + 1) : uploads++;
        for (int i = 0; i < parts; i++) {
            byte[] part = new byte[seldom() ? 0 : partBytes];
            random.nextBytes(part);
            var command = new UploadChunkEncoder();
            command.wrapAndApplyHeader(out, 0, header);
            fill(command.header());
            command.uploadId(id)
                    .totalBytes((long) parts * partBytes)
                    .chunkOffset((long) (seldom() ? 0 : i) * partBytes)
                    .putChunk(part, 0, part.length);
            commands++;
            shard.queue(session, out, command.limit());
        }
    }

    private void getJob() {
        var command = new GetJobEncoder();
        command.wrapAndApplyHeader(out, 0, header);
        fill(command.header());
        command.includeAttempts((short) random.nextInt(2)).tenant(tenant()).jobId(jobId());
        send(command.limit());
    }

    private void getJobResult() {
        var command = new GetJobResultEncoder();
        command.wrapAndApplyHeader(out, 0, header);
        fill(command.header());
        command.waitMs(seldom() ? 60_001 : random.nextBoolean() ? 0 : random.nextInt(5_000))
                .tenant(tenant())
                .jobId(jobId());
        send(command.limit());
    }

    private void readBytes() {
        var task = task();
        var command = new ReadBytesEncoder();
        command.wrapAndApplyHeader(out, 0, header);
        fill(command.header());
        command.jobKey(seldom() ? 1 : task.jobKey())
                .chunkOffset(random.nextInt(2_000))
                .byteCount(seldom() ? 0 : 1 + random.nextInt(2_000))
                .result((short) random.nextInt(2))
                .tenant(task.tenant())
                .jobId(task.jobId());
        send(command.limit());
    }

    private String scheduleId() {
        return seldom()
                ? List.of("", "s\u0000", "s".repeat(201), "s".repeat(257)).get(random.nextInt(4))
                : "s" + random.nextInt(6);
    }

    /** Every minute at the least often, or what nobody can read. */
    private String cron() {
        return seldom()
                ? "never"
                : List.of("* * * * *", "*/5 * * * *", "0 * * * *").get(random.nextInt(3));
    }

    private void putSchedule() {
        var command = new PutScheduleEncoder();
        fill(command.wrapAndApplyHeader(out, 0, header).header());
        boolean byCron = random.nextInt(8) == 0;
        command.intervalMs(byCron && !seldom() ? 0 : seldom() ? 999 : 1_000 + random.nextInt(20_000))
                .firstAtMs(start())
                .startWithinMs(seldom() ? -1 : random.nextInt(3) == 0 ? random.nextInt(4_000) : 0)
                .retryInitialIntervalMs(random.nextInt(3_000))
                .retryMaxIntervalMs(0)
                .retryCount(random.nextInt(3))
                .retryBackoffPermille(seldom() ? 999 : 1_500)
                .leaseMs(random.nextBoolean() ? 0 : 500 + random.nextInt(5_000))
                .maxRunMs(seldom() ? 99 : 0)
                .priority((short) (seldom() ? 100 : random.nextInt(3)))
                .retryJitter((short) random.nextInt(2))
                .payloadEncoding(PayloadEncoding.RAW)
                .catchUp(CatchUp.get((short) random.nextInt(3)))
                .paused((short) (random.nextInt(6) == 0 ? 1 : 0))
                .createOnly((short) (random.nextInt(4) == 0 ? 1 : 0));
        byte[] details = details();
        command.limitsCount(1)
                .next()
                .maxConcurrency(2)
                .key("limit" + random.nextInt(3))
                .putDetails(details, 0, details.length);
        command.metadataCount(1).next().key("k").value("v");
        byte[] payload = new byte[random.nextInt(600)];
        String id = scheduleId();
        command.tenant(seldom() ? tenant() : scheduleTenant(id))
                .taskGroup(group())
                .scheduleId(id)
                .uniqueKey(uniqueKey())
                .putPayload(payload, 0, payload.length);
        command.cron(byCron ? cron() : "").zone(seldom() ? "Nowhere" : random.nextBoolean() ? "" : "Europe/Berlin");
        send(command.limit());
    }

    private static String scheduleTenant(String id) {
        return id.endsWith("1") ? "a" : id.endsWith("2") ? "b" : "";
    }

    private void changeSchedules() {
        int count = 1 + random.nextInt(3);
        // The three have one layout.
        var command = new PauseSchedulesEncoder();
        command.wrapAndApplyHeader(out, 0, header);
        int kind = random.nextInt(5);
        header.templateId(
                kind < 2
                        ? PauseSchedulesEncoder.TEMPLATE_ID
                        : kind < 4 ? ResumeSchedulesEncoder.TEMPLATE_ID : DeleteSchedulesEncoder.TEMPLATE_ID);
        fill(command.header());
        var items = command.itemsCount(count);
        for (int i = 0; i < count; i++) {
            String id = scheduleId();
            items.next().tenant(seldom() ? tenant() : scheduleTenant(id)).scheduleId(id);
        }
        send(command.limit());
    }

    private void listSchedules() {
        var command = new ListSchedulesEncoder();
        fill(command.wrapAndApplyHeader(out, 0, header).header());
        boolean isFirst = random.nextBoolean();
        command.pageSize(seldom() ? 257 : random.nextInt(8))
                .tenant(random.nextBoolean() ? "" : tenant())
                .afterTenant(isFirst ? "" : random.nextBoolean() ? "-" : "a")
                .afterId(isFirst ? "" : scheduleId());
        send(command.limit());
    }

    /** Resumed as often as paused, so that much is seldom paused at once. */
    private void setPaused() {
        var command = new SetPausedEncoder();
        fill(command.wrapAndApplyHeader(out, 0, header).header());
        boolean ofTenant = random.nextBoolean();
        command.kind(seldom() ? PauseKind.NULL_VAL : ofTenant ? PauseKind.TENANT : PauseKind.TASK_GROUP)
                .paused((short) (random.nextInt(5) < 2 ? 1 : 0))
                .name(ofTenant ? tenant() : group());
        send(command.limit());
    }

    /** Bounds are set and taken away by turns, and quotas are seldom so low that little happens. */
    private void sayOfTenants() {
        if (random.nextInt(4) == 0) {
            var command = new GetTenantEncoder();
            fill(command.wrapAndApplyHeader(out, 0, header).header());
            command.tenant(tenant());
            send(command.limit());
        } else if (random.nextInt(4) == 0) {
            var command = new ListTenantsEncoder();
            fill(command.wrapAndApplyHeader(out, 0, header).header());
            command.after(random.nextBoolean() ? "" : tenant());
            send(command.limit());
        } else {
            var command = new SetTenantEncoder();
            fill(command.wrapAndApplyHeader(out, 0, header).header());
            command.fields((short) (seldom() ? random.nextInt(64) : 1 + random.nextInt(31)))
                    .weight(seldom() ? 0 : 1 + random.nextInt(3))
                    .runningMax(random.nextBoolean() ? -1 : seldom() ? 0 : 1 + random.nextInt(4))
                    .queuedMax(random.nextInt(3) > 0 ? -1 : random.nextInt(20))
                    .bytesMax(random.nextInt(3) > 0 ? -1 : random.nextInt(5_000))
                    .enqueuesPerSecond(random.nextInt(3) > 0 ? -1 : 1 + random.nextInt(5))
                    .tenant(tenant());
            send(command.limit());
        }
    }

    private void getSchedule() {
        var command = new GetScheduleEncoder();
        fill(command.wrapAndApplyHeader(out, 0, header).header());
        String id = scheduleId();
        command.firings((short) (seldom() ? 101 : random.nextInt(5)))
                .tenant(seldom() ? tenant() : scheduleTenant(id))
                .scheduleId(id);
        send(command.limit());
    }
}
