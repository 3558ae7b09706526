package io.silo.shard;

import static io.silo.protocol.RejectReason.*;
import static io.silo.shard.TestSchedules.Wish.cron;
import static io.silo.shard.TestSchedules.Wish.every;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.silo.protocol.Bounds;
import io.silo.protocol.RejectReason;
import io.silo.protocol.Session;
import io.silo.protocol.command.BulkVerb;
import io.silo.protocol.command.CommandHeaderDecoder;
import io.silo.protocol.command.EnqueueDecoder;
import io.silo.protocol.command.MessageHeaderDecoder;
import io.silo.protocol.command.Outcome;
import io.silo.shard.TestClient.Item;
import io.silo.shard.TestClient.Task;
import io.silo.shard.TestSchedules.Wish;
import io.silo.shard.TestVerbs.Ended;
import io.silo.shard.command.ShardSettings;
import io.silo.shard.command.ShardSettings.Tenancy;
import io.silo.shard.command.Uploads;
import io.silo.shard.state.ShardState;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.ToIntFunction;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

/**
 * Every way in which a shard says no: one row per reason, in order of precedence, the command that provokes it, and that nothing
 * was appended. Pairs of faults get the earlier reason. A new reason needs a row here, or a place among those no shard gives.
 */
class RejectionsTest {
    /**
     * Given by the session logic or by clients; SHARD_CLOSED and RESULT_GONE need a failure, POSITION_TRIMMED a log that was cleaned, and
     * have tests of their own.
     */
    private static final Set<RejectReason> NOT_HERE = EnumSet.of(
            UNAUTHENTICATED,
            TOO_MANY_SESSIONS,
            SHARD_CLOSED,
            RESULT_GONE,
            DISK_FULL,
            UNKNOWN_OUTCOME,
            UNREACHABLE,
            PAYLOAD_CORRUPT,
            TWICE_IN_BATCH,
            TOO_MANY_SCHEDULES,
            TOO_MANY_BULKS,
            TOO_MANY_PAUSES,
            TOO_MANY_LIMITS,
            POSITION_TRIMMED);

    /** The world that a row begins in: a job that waits, one that runs, one that ended. */
    private static final class World {
        final ShardHarness harness;
        final TestClient client;
        final TestClient scoped;
        final TestVerbs verbs;
        final TestSchedules schedules;
        final TestBulks bulks;
        final TestLimits limits;
        Task running;
        Task ended;

        World(ShardSettings settings, ShardState.Capacity capacity) {
            harness = new ShardHarness(1, List.of(settings), 512 * 1024, h -> h.capacity = capacity);
            client = new TestClient(harness, 1);
            verbs = new TestVerbs(client);
            schedules = new TestSchedules(client);
            bulks = new TestBulks(client);
            limits = new TestLimits(client);
            scoped = new TestClient(harness, new Session(2, new UnsafeBuffer("own".getBytes(UTF_8))));
        }

        World() {
            this(ShardSettings.whole(0), new ShardState.Capacity(1 << 16, 1 << 24, 1 << 12, 1 << 10, 1 << 10, 1 << 10));
            Item waiting = new Item("waiting");
            waiting.uniqueKey = "only";
            client.enqueue(new Item("ended"), new Item("running"), waiting);
            List<Task> tasks = client.lease("w", 2);
            ended = tasks.get(0);
            running = tasks.get(1);
            client.succeed(ended, "r");
            client.subscribe(1, "w", "nothing", 5);
            client.uploadPart(5, 100, 0, new byte[50], 50);
            client.enqueue("cancelled");
            verbs.cancel("cancelled");
            Wish recurring = every("recurring", 1_000_000);
            recurring.paused = true;
            schedules.put(recurring);
            verbs.importJob(new Item("imported"), Ended.failed(1, "E"));
            new TestTenants(client).set("full", TestTenants.change().queuedMax(0));
        }

        TestEvents events() {
            return new TestEvents(client);
        }

        int refusal(long correlation) {
            harness.run();
            return client.reply(correlation, TestClient::code);
        }

        int enqueue(Consumer<Item> fault) {
            Item item = new Item("new");
            fault.accept(item);
            return client.enqueue(item).get(0);
        }

        /** As {@link #enqueue}, with a byte of the fixed part of the item overwritten: no encoder writes it so. */
        int enqueueRaw(int fieldOffset, int value) {
            long correlation = client.sendEnqueue(new Item("new"));
            int item = MessageHeaderDecoder.ENCODED_LENGTH + CommandHeaderDecoder.ENCODED_LENGTH + 4;
            client.patchLast(item + fieldOffset, value);
            harness.run();
            return client.reply(correlation, r -> TestClient.enqueueCodes(r, 1).get(0));
        }
    }

    private static World with(Tenancy tenancy, long memoryMax, long rangeFirst, int payloadMax) {
        return new World(
                new ShardSettings(0, 10_000, 5, payloadMax, memoryMax, tenancy, rangeFirst, -1L),
                new ShardState.Capacity(1 << 16, 1 << 24, 1 << 12, 1 << 10, 1 << 10, 1 << 10));
    }

    private static World smallSettings(Tenancy tenancy) {
        return with(tenancy, Long.MAX_VALUE, 0, Bounds.PAYLOAD_BYTES_MAX);
    }

    private static String times(String text, int count) {
        return text.repeat(count);
    }

    private static Map<String, String> entries(int count, String value) {
        Map<String, String> entries = new LinkedHashMap<>();
        for (int i = 0; i < count; i++) {
            entries.put("k" + i, value);
        }
        return entries;
    }

    /** One command that is refused; the world says what the code was. */
    private record Row(RejectReason expected, String what, ToIntFunction<World> command) {}

    private final List<Row> rows = new ArrayList<>();

    private void row(RejectReason expected, String what, ToIntFunction<World> command) {
        rows.add(new Row(expected, what, command));
    }

    private void itemRow(RejectReason expected, String what, Consumer<Item> fault) {
        row(expected, what, w -> w.enqueue(fault));
    }

    private void frameRows() {
        row(
                MALFORMED_FRAME,
                "encoding",
                w -> w.enqueueRaw(EnqueueDecoder.ItemsDecoder.payloadEncodingEncodingOffset(), 9));
        row(MALFORMED_FRAME, "outcome", w -> {
            long correlation = w.client.sendReport(w.running, Outcome.SUCCEEDED, "", new byte[0], 0, 0);
            w.client.patchOutcome(200);
            w.harness.run();
            return w.client.reply(correlation, TestClient::outcomeCode);
        });
        row(MALFORMED_FRAME, "durability", w -> {
            long correlation = w.client.sendGet("waiting");
            w.client.patchDurability(7);
            return w.refusal(correlation);
        });
        row(MALFORMED_FRAME, "durability of a subscription", w -> {
            long correlation = w.client.sendSubscribe(9, "w", "g", 1);
            w.client.patchDurability(7);
            return w.refusal(correlation);
        });
        row(UNSUPPORTED, "unknown command", w -> {
            long correlation = w.client.sendGet("waiting");
            w.client.patchLastShort(MessageHeaderDecoder.templateIdEncodingOffset(), 99);
            return w.refusal(correlation);
        });
        row(PERMISSION_DENIED, "another tenant", w -> {
            Item item = new Item("x");
            item.tenant = "strange";
            return w.scoped.enqueue(item).get(0);
        });
    }

    private void shardRows() {
        row(NOT_OWNER, "shard", w -> {
            w.client.shard = 5;
            return w.refusal(w.client.sendGet("waiting"));
        });
        row(STALE_EPOCH, "epoch", w -> {
            long correlation = w.client.sendGet("waiting");
            w.client.patchLast(
                    MessageHeaderDecoder.ENCODED_LENGTH + CommandHeaderDecoder.shardEpochEncodingOffset(), 77);
            return w.refusal(correlation);
        });
        row(BUSY, "uploads of the session", w -> {
            for (int i = 0; i < Uploads.UPLOADS_PER_SESSION_MAX; i++) {
                w.client.uploadPart(1_000 + i, 2, 0, new byte[1], 1);
            }
            return w.client.uploadPart(999, 2, 0, new byte[1], 1);
        });
        row(BUSY, "uploads of all", w -> {
            for (int i = 0; i < Uploads.UPLOADS_MAX; i++) {
                new TestClient(w.harness, 100 + i / Uploads.UPLOADS_PER_SESSION_MAX)
                        .uploadPart(1_000 + i, 2, 0, new byte[1], 1);
            }
            w.harness.take();
            long before = w.harness.log.appendedPosition();
            int code = w.client.uploadPart(999, 2, 0, new byte[1], 1);
            assertThat(w.harness.log.appendedPosition()).isEqualTo(before);
            return code;
        });
        row(MEMORY_FULL, "watermark", w -> with(Tenancy.OPTIONAL, 1, 0, 1_000).enqueue(i -> {}));
        row(
                MEMORY_FULL,
                "watermark, upload",
                w -> with(Tenancy.OPTIONAL, 1, 0, 1_000).client.uploadPart(1, 2, 0, new byte[1], 1));
        row(MEMORY_FULL, "jobs", w -> {
            var capacity = new ShardState.Capacity(1, 1 << 24, 1 << 12, 1 << 10, 1 << 10, 1 << 10);
            World one = new World(ShardSettings.whole(0), capacity);
            one.client.enqueue("a");
            return one.client.enqueue("b");
        });
        row(MEMORY_FULL, "task groups", w -> {
            var capacity = new ShardState.Capacity(1 << 10, 1 << 24, 1 << 12, 1 << 10, 2, 2);
            World two = new World(ShardSettings.whole(0), capacity);
            for (String group : List.of("g1", "g2")) {
                assertThat(two.enqueue(i -> {
                            i.id = group;
                            i.taskGroup = group;
                        }))
                        .isZero();
            }
            assertThat(two.enqueue(i -> i.taskGroup = "g1")).isZero();
            return two.enqueue(i -> {
                i.id = "more";
                i.taskGroup = "g3";
            });
        });
    }

    private void argumentRows() {
        row(BATCH_TOO_LARGE, "outcomes", w -> w.refusal(w.client.sendEmptyBatch(Bounds.BATCH_ITEMS_MAX + 1)));
        row(BATCH_TOO_LARGE, "a count of 65,535", w -> {
            long correlation = w.client.sendEnqueue(new Item("new"));
            int group = MessageHeaderDecoder.ENCODED_LENGTH + CommandHeaderDecoder.ENCODED_LENGTH;
            w.client.patchLastShort(group + 2, 0xFFFF);
            return w.refusal(correlation);
        });
        row(TENANT_REQUIRED, "none", w -> smallSettings(Tenancy.REQUIRED).enqueue(i -> {}));
        row(TENANT_NOT_ALLOWED, "one", w -> smallSettings(Tenancy.OFF).enqueue(i -> i.tenant = "t"));
        itemRow(INVALID_TENANT, "65 characters", i -> i.tenant = times("t", 65));
        itemRow(INVALID_TENANT, "65 characters of 4 bytes", i -> i.tenant = times("😀", 65));
        itemRow(INVALID_TENANT, "control", i -> i.tenant = "a\u0007");
        row(
                TENANT_NOT_IN_SHARD,
                "range",
                w -> with(Tenancy.OPTIONAL, Long.MAX_VALUE, -1L, 1_000).enqueue(i -> {}));
        itemRow(PRIORITY_OUT_OF_RANGE, "100", i -> i.priority = 100);
        itemRow(PRIORITY_OUT_OF_RANGE, "254", i -> i.priority = 254);
        itemRow(TOO_MANY_METADATA_ENTRIES, "17", i -> i.metadata = entries(17, "v"));
        itemRow(METADATA_KEY_TOO_LONG, "64 characters", i -> i.metadata = Map.of(times("k", 64), "v"));
        row(METADATA_VALUE_TOO_LONG, "65,535 bytes", w -> {
            long correlation = w.client.sendEnqueue(item(i -> i.metadata = Map.of("k", times("v", 65_534))));
            w.client.lengthenValue();
            w.harness.run();
            return w.client.reply(
                    correlation, r -> TestClient.enqueueCodes(r, 1).get(0));
        });
        itemRow(
                METADATA_TOO_LARGE,
                "65,537 bytes",
                i -> i.metadata = Map.of("k1", times("v", 32_768), "k2", times("v", 32_765)));
        row(INVALID_METADATA, "not UTF-8", w -> {
            long correlation = w.client.sendEnqueue(item(i -> i.metadata = Map.of("k", "~")));
            w.client.replaceLast((byte) '~', (byte) 0xFF);
            w.harness.run();
            return w.client.reply(
                    correlation, r -> TestClient.enqueueCodes(r, 1).get(0));
        });
        row(TASK_GROUP_REQUIRED, "read", w -> w.refusal(w.client.sendGetTaskGroup("")));
        itemRow(TASK_GROUP_REQUIRED, "none", i -> i.taskGroup = "");
        row(TASK_GROUP_TOO_LONG, "read", w -> w.refusal(w.client.sendGetTaskGroup(times("g", 65))));
        itemRow(TASK_GROUP_TOO_LONG, "65", i -> i.taskGroup = times("g", 65));
        itemRow(TASK_GROUP_TOO_LONG, "257 bytes", i -> i.taskGroup = times("g", 257));
        itemRow(TASK_GROUP_TOO_LONG, "65 with control", i -> i.taskGroup = times("g", 64) + "\n");
        itemRow(INVALID_TASK_GROUP, "control", i -> i.taskGroup = "g\n");
        itemRow(INVALID_JOB_ID, "none", i -> i.id = "");
        itemRow(INVALID_JOB_ID, "257", i -> i.id = times("j", 257));
        itemRow(INVALID_JOB_ID, "control", i -> i.id = "j\u0085");
        itemRow(PAYLOAD_TOO_LARGE, "inline", i -> i.payload = new byte[Bounds.INLINE_BYTES_MAX + 1]);
        row(
                PAYLOAD_TOO_LARGE,
                "upload",
                w -> with(Tenancy.OPTIONAL, Long.MAX_VALUE, 0, 1_000).client.uploadPart(1, 1_001, 0, new byte[1], 1));
        row(
                PAYLOAD_TOO_LARGE,
                "result",
                w -> w.client.report(w.running, Outcome.SUCCEEDED, "", new byte[Bounds.INLINE_BYTES_MAX + 1], 0, 0));
        retryRows();
    }

    private static Item item(Consumer<Item> fault) {
        Item item = new Item("new");
        fault.accept(item);
        return item;
    }

    private void retryRow(String what, Consumer<Item> fault) {
        itemRow(INVALID_RETRY_POLICY, what, i -> {
            i.retryCount = 1;
            fault.accept(i);
        });
    }

    private void retryRows() {
        retryRow("count", i -> i.retryCount = Bounds.RETRY_COUNT_MAX + 1);
        retryRow("initial below 0", i -> i.retryInitialMs = -1);
        retryRow("initial over 400 days", i -> i.retryInitialMs = Bounds.RETRY_INTERVAL_MS_MAX + 1);
        retryRow("cap below initial", i -> i.retryMaxMs = i.retryInitialMs - 1);
        retryRow("cap below 0", i -> i.retryMaxMs = -1);
        retryRow("cap over 400 days", i -> i.retryMaxMs = Bounds.RETRY_INTERVAL_MS_MAX + 1);
        retryRow("factor below 1", i -> i.retryBackoffPermille = 999);
        retryRow("factor over 100", i -> i.retryBackoffPermille = Bounds.RETRY_BACKOFF_PERMILLE_MAX + 1);
        itemRow(INVALID_LEASE_DURATION, "99 ms", i -> i.leaseMs = Bounds.LEASE_MS_MIN - 1);
        itemRow(INVALID_LEASE_DURATION, "over 24 h", i -> i.leaseMs = Bounds.LEASE_MS_MAX + 1);
        itemRow(INVALID_START_TIME, "before 1970", i -> i.startAtMs = -1);
        itemRow(INVALID_START_TIME, "year 10000", i -> i.startAtMs = Bounds.START_AT_MS_MAX + 1);
    }

    private void workerRows() {
        row(INVALID_WORKER_ID, "none, lease", w -> w.refusal(w.client.sendLease("", "g", 1, 0, 0)));
        row(INVALID_WORKER_ID, "257, subscribe", w -> w.client.subscribe(2, times("w", 257), "g", 1));
        row(INVALID_WORKER_ID, "control, heartbeat", w -> w.client.heartbeat("w\r"));
        row(INVALID_WORKER_ID, "none, return", w -> w.client.giveBack("", w.running));
        row(INVALID_CREDITS, "0", w -> w.client.subscribe(2, "w", "g", 0));
        row(INVALID_CREDITS, "65,537", w -> w.client.subscribe(2, "w", "g", Bounds.CREDITS_MAX + 1));
        row(INVALID_CREDITS, "together", w -> w.client.subscribe(1, "w", "nothing", Bounds.CREDITS_MAX - 4));
        row(INVALID_MAX_TASKS, "1,025", w -> w.refusal(w.client.sendLease("w", "g", 1_025, 0, 0)));
        row(INVALID_MAX_TASKS, "refreshes", w -> w.refusal(TestFloating.sendLease(w.client, "g", 65, 0)));
        row(INVALID_WAIT, "lease", w -> w.refusal(w.client.sendLease("w", "g", 1, Bounds.WAIT_MS_MAX + 1, 0)));
        row(INVALID_WAIT, "result", w -> w.refusal(w.client.sendGetResult("waiting", Bounds.WAIT_MS_MAX + 1)));
        row(INVALID_WAIT, "refreshes", w -> w.refusal(TestFloating.sendLease(w.client, "g", 1, 60_001)));
        row(INVALID_ERROR_CODE, "none", w -> w.client.fail(w.running, ""));
        row(INVALID_ERROR_CODE, "257", w -> w.client.fail(w.running, times("e", 257)));
        row(INVALID_SUBSCRIPTION, "0", w -> w.client.subscribe(0, "w", "g", 1));
        row(INVALID_SUBSCRIPTION, "another worker", w -> w.client.subscribe(1, "w2", "nothing", 1));
        row(INVALID_UPLOAD, "id 0", w -> w.client.uploadPart(0, 10, 0, new byte[1], 1));
        row(INVALID_UPLOAD, "nothing", w -> w.client.uploadPart(6, 10, 0, new byte[1], 0));
        row(INVALID_UPLOAD, "part too long", w -> w.client.uploadPart(6, 100_000, 0, new byte[40_000], 32_769));
        row(INVALID_UPLOAD, "beyond the end", w -> w.client.uploadPart(6, 10, 0, new byte[11], 11));
        row(INVALID_UPLOAD, "gap", w -> w.client.uploadPart(5, 100, 60, new byte[100], 10));
        row(INVALID_UPLOAD, "another total", w -> w.client.uploadPart(5, 101, 50, new byte[100], 10));
        itemRow(INVALID_UPLOAD, "beside inline bytes", i -> i.uploadId = 5);
        row(
                INVALID_UPLOAD,
                "beside an inline result",
                w -> w.client.report(w.running, Outcome.SUCCEEDED, "", new byte[1], 5, 0));
        row(INVALID_RANGE, "nothing", w -> w.refusal(w.client.sendReadBytes(w.ended.jobKey(), "ended", false, 0, 0)));
        row(
                INVALID_RANGE,
                "too much",
                w -> w.refusal(
                        w.client.sendReadBytes(w.ended.jobKey(), "ended", false, 0, Bounds.CHUNK_BYTES_MAX + 1)));
        row(
                INVALID_RANGE,
                "offset",
                w -> w.refusal(w.client.sendReadBytes(w.ended.jobKey(), "ended", false, 0xFFFF_FFFEL, 1)));
        row(INVALID_RANGE, "beyond", w -> w.refusal(w.client.sendReadBytes(w.ended.jobKey(), "ended", true, 1, 1)));
        itemRow(INVALID_START_DEADLINE, "before the start", i -> {
            i.startAtMs = 2_000_000;
            i.startDeadlineMs = 1_999_999;
        });
        itemRow(INVALID_START_DEADLINE, "past", i -> i.startDeadlineMs = 1);
        itemRow(INVALID_START_DEADLINE, "year 10000", i -> i.startDeadlineMs = Bounds.START_AT_MS_MAX + 1);
        itemRow(INVALID_MAX_RUN, "99 ms", i -> i.maxRunMs = Bounds.LEASE_MS_MIN - 1);
        itemRow(INVALID_MAX_RUN, "over 24 days", i -> i.maxRunMs = Bounds.MAX_RUN_MS_MAX + 1);
        row(INVALID_SNOOZE, "below 0", w -> w.client.giveBack("w", w.running, -1));
        row(INVALID_SNOOZE, "over 400 days", w -> w.client.giveBack("w", w.running, Bounds.RETRY_INTERVAL_MS_MAX + 1));
        importRow(TOO_MANY_ATTEMPTS, "new", Collections.nCopies(101, Ended.failed(1, "E")));
        importRow(INVALID_ATTEMPT, "new", List.of(Ended.failed(-1, "E")));
        importRow(ATTEMPT_NOT_FAILED, "new", List.of(Ended.succeeded(1, "r"), Ended.failed(2, "E")));
        itemRow(INVALID_UNIQUE_KEY, "257", i -> i.uniqueKey = times("k", 257));
        itemRow(INVALID_UNIQUE_KEY, "control", i -> i.uniqueKey = "k\n");
        row(INVALID_SCHEDULE_ID, "201", w -> w.schedules.put(every(times("s", 201), 10_000)));
        row(INVALID_SCHEDULE, "neither interval nor cron", w -> w.schedules.put(new Wish("s")));
        row(INVALID_TIME_ZONE, "Mars", w -> w.schedules.put(cron("s", "0 5 * * *", "Mars/Olympus")));
        row(
                INVALID_LIMIT,
                "101 firings",
                w -> -w.schedules.firings("s", 101).get(0).intValue());
        row(INVALID_LIMIT, "page of limits", w -> w.limits.listCode(257));
        row(INVALID_LIMIT, "101 holders", w -> reason(w.limits.show("k", 101)));
        row(
                INVALID_FILTER,
                "everything",
                w -> w.bulks.change(BulkVerb.CANCEL, new TestBulks.Where()).code());
    }

    private void importRow(RejectReason expected, String id, List<Ended> attempts) {
        row(
                expected,
                "import " + id + " with " + attempts.size(),
                w -> reason(w.verbs.importJob(new Item(id), attempts.toArray(new Ended[0]))));
    }

    private static int reason(String answer) {
        return RejectReason.valueOf(answer.replaceAll("@.*", "")).code();
    }

    private void settingRows() {
        itemRow(INVALID_JOB_LIMIT, "no key", i -> i.limits.put("", 1));
        itemRow(INVALID_JOB_LIMIT, "below 0", i -> i.limits.put("k", -1));
        itemRow(INVALID_JOB_LIMIT, "17", i -> entries(17, "v").keySet().forEach(key -> i.limits.put(key, 1)));
        row(INVALID_JOB_LIMIT, "no key is set", w -> w.limits.set("", 1));
        row(INVALID_JOB_LIMIT, "257 is unset", w -> w.limits.unset(times("k", 257)));
        row(INVALID_JOB_LIMIT, "a maximum of 2^31", w -> w.limits.set("k", 1L << 31));
        row(INVALID_JOB_LIMIT, "control, dropped", w -> -w.limits.drop("k\n"));
        itemRow(INVALID_RATE_LIMIT, "no duration", i -> i.rates.add(new TestRate("n", "k", 1, 0)));
        row(
                INVALID_TENANT_SETTING,
                "weight",
                w -> new TestTenants(w.client).set("", TestTenants.change().weight(0)));
        itemRow(INVALID_FLOATING_LIMIT, "no interval", i -> i.floating.add(new TestFloating("k", 1, -1)));
        row(
                INVALID_FLOATING_LIMIT,
                "a maximum of 2^31",
                w -> TestFloating.report(w.client, TestFloating.UNKNOWN, 1L << 31));
        row(INVALID_POSITION, "below -2", w -> w.events().page(-3, 0, 1).code());
        row(INVALID_POSITION, "index", w -> w.events().page(0, 65_536, 1).code());
        row(INVALID_POSITION, "257 events", w -> w.events().page(0, 0, 257).code());
    }

    private void stateRows() {
        itemRow(JOB_EXISTS, "id", i -> i.id = "waiting");
        row(JOB_NOT_FOUND, "get", w -> w.client.get("nobody").code());
        row(JOB_NOT_FOUND, "result", w -> w.refusal(w.client.sendGetResult("nobody", 0)));
        row(JOB_NOT_FOUND, "key", w -> w.refusal(w.client.sendReadBytes(w.running.jobKey(), "ended", false, 0, 1)));
        row(JOB_NOT_FOUND, "explain", w -> w.limits.explainCode("nobody"));
        row(JOB_NOT_COMPLETE, "result", w -> w.refusal(w.client.sendGetResult("running", 0)));
        row(ALREADY_REPORTED, "outcome", w -> w.client.succeed(w.ended, "again"));
        row(LEASE_NOT_FOUND, "outcome", w -> w.client.succeed(other(w.running), "r"));
        row(LEASE_NOT_FOUND, "return", w -> w.client.giveBack("w", w.ended));
        row(LEASE_NOT_FOUND, "heartbeat", w -> w.client.heartbeat("w", w.ended));
        row(LEASE_NOT_FOUND, "refresh", w -> TestFloating.report(w.client, TestFloating.UNKNOWN, 1));
        row(LEASE_NOT_FOUND, "renewal", w -> TestFloating.renew(w.client, TestFloating.UNKNOWN));
        row(LEASE_OWNER_MISMATCH, "return", w -> w.client.giveBack("w2", w.running));
        row(LEASE_OWNER_MISMATCH, "heartbeat", w -> w.client.heartbeat("w2", w.running));
        itemRow(UPLOAD_NOT_FOUND, "not there", i -> {
            i.uploadId = 77;
            i.payload = new byte[0];
        });
        itemRow(UPLOAD_NOT_FOUND, "not complete", i -> {
            i.uploadId = 5;
            i.payload = new byte[0];
        });
        row(UPLOAD_NOT_FOUND, "part", w -> w.client.uploadPart(77, 10, 5, new byte[10], 5));
        row(UPLOAD_NOT_FOUND, "result", w -> w.client.report(w.running, Outcome.SUCCEEDED, "", new byte[0], 77, 0));
        row(SUBSCRIPTION_NOT_FOUND, "unsubscribe", w -> w.client.unsubscribe(77));
        row(TOO_MANY_SUBSCRIPTIONS, "task groups", w -> {
            var capacity = new ShardState.Capacity(1 << 10, 1 << 24, 1 << 12, 1 << 10, 1 << 10, 2);
            World two = new World(ShardSettings.whole(0), capacity);
            assertThat(two.client.subscribe(1, "w", "g1", 1)).isZero();
            assertThat(two.client.subscribe(2, "w", "g2", 1)).isZero();
            return two.client.subscribe(3, "w", "g3", 1);
        });
        row(JOB_ALREADY_CANCELLED, "cancel", w -> reason(w.verbs.cancel("cancelled")));
        row(JOB_TERMINAL, "cancel", w -> reason(w.verbs.cancel("ended")));
        row(JOB_SUCCEEDED, "restart", w -> reason(w.verbs.restart("ended")));
        row(JOB_RUNNING, "expedite", w -> reason(w.verbs.expedite("running")));
        row(JOB_IN_PROGRESS, "delete", w -> reason(w.verbs.delete("waiting")));
        row(JOB_ALREADY_READY, "expedite", w -> reason(w.verbs.expedite("waiting")));
        importRow(ATTEMPTS_MISSING, "imported", List.of());
        importRow(ATTEMPT_MISMATCH, "imported", List.of(Ended.failed(1, "OTHER")));
        importRow(NO_NEW_ATTEMPT, "imported", List.of(Ended.failed(1, "E")));
        itemRow(UNIQUE_KEY_HELD, "by one that waits", i -> i.uniqueKey = "only");
        row(SCHEDULE_NOT_FOUND, "pause", w -> w.schedules.pause("nobody"));
        row(SCHEDULE_EXISTS, "create only", w -> {
            Wish wish = every("recurring", 10_000);
            wish.createOnly = true;
            return w.schedules.put(wish);
        });
        row(BULK_NOT_FOUND, "get", w -> w.bulks.get(4_711).code());
        row(LIMIT_NOT_FOUND, "show", w -> reason(w.limits.show("k", 5)));
        itemRow(TENANT_QUOTA, "no job at all", i -> i.tenant = "full");
        row(
                POSITION_AHEAD,
                "behind the end",
                w -> w.events().page(w.harness.log.appendedPosition() + 2, 0, 1).code());
    }

    private static Task other(Task task) {
        return new Task(task.jobKey(), task.epoch(), task.token() + 1, 1, true, 0, 0, "", task.id(), "", 0);
    }

    /** ENQ-6, ENQ-7, ENQ-8, LEASE-1, LEASE-2, OUT-1, HB-7, LT-1, GET-5, TEN-1, TEN-2, TEN-3, ERR-7, ERR-8, ERR-11. */
    @Test
    void shouldGiveEveryReasonAndAppendNothing() {
        frameRows();
        shardRows();
        argumentRows();
        workerRows();
        settingRows();
        stateRows();
        Set<RejectReason> seen = EnumSet.noneOf(RejectReason.class);
        RejectReason last = MALFORMED_FRAME;
        for (Row row : rows) {
            assertThat(row.expected())
                    .as("rows stand in order of precedence: %s", row.what())
                    .isGreaterThanOrEqualTo(last);
            last = row.expected();
            World world = new World();
            long before = world.harness.log.appendedPosition();
            int code = row.command().applyAsInt(world);
            assertThat(RejectReason.fromCode(code))
                    .as("%s: %s", row.expected(), row.what())
                    .isEqualTo(row.expected());
            if (row.expected() != BUSY) {
                assertThat(world.harness.log.appendedPosition())
                        .as("%s appends", row.what())
                        .isEqualTo(before);
            }
            assertThat(world.harness.failures).isEmpty();
            world.client.shard = 0;
            assertThat(world.client.get("waiting").status())
                    .as("after %s", row.what())
                    .isEqualTo("SCHEDULED");
            world.harness.shard.checkInvariants();
            seen.add(row.expected());
        }
        EnumSet<RejectReason> missing = EnumSet.complementOf(EnumSet.copyOf(NOT_HERE));
        missing.removeAll(seen);
        assertThat(missing).as("reasons without a row").isEmpty();
    }

    /** Faults of an Enqueue item, in order: each pair gets the earlier reason. */
    @Test
    void shouldGiveTheEarlierOfTwoReasons() {
        Map<RejectReason, Consumer<Item>> faults = new LinkedHashMap<>();
        faults.put(INVALID_TENANT, i -> i.tenant = "\u0001");
        faults.put(PRIORITY_OUT_OF_RANGE, i -> i.priority = 100);
        faults.put(TOO_MANY_METADATA_ENTRIES, i -> i.metadata = entries(17, "v"));
        faults.put(METADATA_KEY_TOO_LONG, i -> i.metadata = with(i.metadata, times("k", 64), "v"));
        faults.put(METADATA_TOO_LARGE, i -> {
            i.metadata = with(i.metadata, "m1", times("v", 33_000));
            i.metadata = with(i.metadata, "m2", times("v", 33_000));
        });
        faults.put(TASK_GROUP_REQUIRED, i -> i.taskGroup = "");
        faults.put(INVALID_JOB_ID, i -> i.id = times("j", 257));
        faults.put(INVALID_RETRY_POLICY, i -> {
            i.retryCount = 1;
            i.retryBackoffPermille = 1;
        });
        faults.put(INVALID_LEASE_DURATION, i -> i.leaseMs = 1);
        faults.put(INVALID_START_TIME, i -> i.startAtMs = -1);
        faults.put(INVALID_UPLOAD, i -> i.uploadId = 5);
        List<RejectReason> order = List.copyOf(faults.keySet());
        World world = new World();
        for (int a = 0; a < order.size(); a++) {
            for (int b = a + 1; b < order.size(); b++) {
                int first = a;
                int second = b;
                int code = world.enqueue(i -> {
                    faults.get(order.get(first)).accept(i);
                    faults.get(order.get(second)).accept(i);
                });
                assertThat(RejectReason.fromCode(code))
                        .as("%s with %s", order.get(a), order.get(b))
                        .isEqualTo(order.get(a));
            }
        }
    }

    private static Map<String, String> with(Map<String, String> entries, String key, String value) {
        Map<String, String> more = new LinkedHashMap<>(entries);
        more.put(key, value);
        return more;
    }

    @Test
    void shouldGiveTheEarlierReasonAcrossKinds() {
        World world = new World();
        world.client.tenant = "\u0001";
        // A tenant before a worker, a worker before a count, a count before a wait.
        assertThat(world.refusal(world.client.sendLease("", "g", 1_025, 60_001, 0)))
                .isEqualTo(INVALID_TENANT.code());
        assertThat(world.refusal(world.client.sendReadBytes(1, "", false, 0, 0)))
                .isEqualTo(INVALID_TENANT.code());
        world.client.tenant = "";
        assertThat(world.refusal(world.client.sendLease("", "g", 1_025, 60_001, 0)))
                .isEqualTo(INVALID_WORKER_ID.code());
        assertThat(world.refusal(world.client.sendLease("w", "g", 1_025, 60_001, 0)))
                .isEqualTo(INVALID_MAX_TASKS.code());
        assertThat(world.refusal(world.client.sendReadBytes(1, "", false, 0, 0)))
                .isEqualTo(INVALID_JOB_ID.code());
        assertThat(world.refusal(world.client.sendReadBytes(1, "nobody", false, 0, 0)))
                .isEqualTo(INVALID_RANGE.code());
        assertThat(world.refusal(world.client.sendGetResult("", 60_001))).isEqualTo(INVALID_JOB_ID.code());
        assertThat(world.refusal(world.client.sendGetResult("nobody", 60_001))).isEqualTo(INVALID_WAIT.code());
        // A subscription's credits before its id, both before what is open.
        assertThat(world.client.subscribe(0, "w", "g", 0)).isEqualTo(INVALID_CREDITS.code());
        assertThat(world.client.subscribe(1, "w2", "nothing", Bounds.CREDITS_MAX))
                .isEqualTo(INVALID_CREDITS.code());
        // The frame before the shard, the shard before its arguments.
        World full = with(Tenancy.OPTIONAL, 1, 0, 1_000);
        assertThat(full.enqueue(i -> i.priority = 100)).isEqualTo(MEMORY_FULL.code());
        long correlation = full.client.sendGet("nobody");
        full.client.patchLast(
                MessageHeaderDecoder.ENCODED_LENGTH + CommandHeaderDecoder.shardEpochEncodingOffset(), 77);
        full.client.patchDurability(7);
        assertThat(full.refusal(correlation)).isEqualTo(MALFORMED_FRAME.code());
        // A tenant that is not the session's before the mode of tenancy.
        World off = smallSettings(Tenancy.OFF);
        Item item = new Item("x");
        item.tenant = "strange";
        assertThat(off.scoped.enqueue(item)).containsExactly(PERMISSION_DENIED.code());
        World required = smallSettings(Tenancy.REQUIRED);
        assertThat(required.scoped.enqueue(new Item("x"))).containsExactly(TENANT_REQUIRED.code());
    }

    /** ENQ-6, ENQ-7, ENQ-8. */
    @Test
    void shouldAcceptEveryBound() {
        World world = new World();
        List<Consumer<Item>> bounds = List.of(
                i -> i.tenant = times("😀", 64),
                i -> i.taskGroup = times("😀", 64),
                i -> i.id = times("j", 256),
                i -> i.metadata = entries(16, "v"),
                i -> i.metadata = Map.of(times("k", 63), "v"),
                i -> i.metadata = Map.of(times("😀", 63), "v"),
                i -> i.metadata = Map.of("k", times("v", 65_534)),
                i -> i.metadata = Map.of("k1", times("v", 32_768), "k2", times("v", 32_764)),
                i -> i.metadata = Map.of("k", "line\nbreak"),
                i -> i.metadata = Map.of("", ""),
                i -> i.priority = 99,
                i -> i.payload = new byte[0],
                i -> i.payload = new byte[Bounds.INLINE_BYTES_MAX],
                i -> i.leaseMs = Bounds.LEASE_MS_MIN,
                i -> i.leaseMs = Bounds.LEASE_MS_MAX,
                i -> i.startAtMs = Bounds.START_AT_MS_MAX,
                i -> i.startAtMs = 1,
                i -> {
                    i.retryCount = Bounds.RETRY_COUNT_MAX;
                    i.retryInitialMs = Bounds.RETRY_INTERVAL_MS_MAX;
                    i.retryMaxMs = Bounds.RETRY_INTERVAL_MS_MAX;
                    i.retryBackoffPermille = Bounds.RETRY_BACKOFF_PERMILLE_MAX;
                },
                i -> {
                    i.retryCount = 1;
                    i.retryInitialMs = 0;
                    i.retryBackoffPermille = 1_000;
                });
        for (int i = 0; i < bounds.size(); i++) {
            Item item = new Item("bound" + i);
            bounds.get(i).accept(item);
            assertThat(world.client.enqueue(item)).as("bound %s", i).containsExactly(RejectReason.OK);
            world.client.tenant = item.tenant;
            assertThat(world.client.get(item.id).status()).isEqualTo("SCHEDULED");
        }
        world.client.tenant = "";
        assertThat(world.client.fail(world.running, times("e", 256))).isZero();
        assertThat(world.client.subscribe(3, times("w", 256), "nothing", Bounds.CREDITS_MAX))
                .isZero();
        assertThat(world.refusal(world.client.sendLease("w", "nothing", 1_024, 0, 0)))
                .isZero();
        ShardHarness before = world.harness;
        long digest = before.shard.view().digest();
        before.kill();
        assertThat(before.shard.view().digest()).isEqualTo(digest);
    }

    @Test
    void shouldTakeABatchOfTheMostItemsAsOneRecord() {
        World world = new World();
        int count = Bounds.BATCH_ITEMS_MAX;
        Item[] items = new Item[count];
        for (int i = 0; i < count; i++) {
            items[i] = new Item("b" + i);
            items[i].taskGroup = "batch";
        }
        long before = world.harness.log.appendedPosition();
        assertThat(world.client.enqueue(items)).hasSize(count).containsOnly(RejectReason.OK);
        assertThat(world.harness.log.appendedPosition()).isEqualTo(before + 1);
        List<Task> tasks = new ArrayList<>();
        while (tasks.size() < count) {
            List<Task> some = world.client.lease("w", "batch", count - tasks.size(), 0);
            assertThat(some).isNotEmpty();
            tasks.addAll(some);
        }
        before = world.harness.log.appendedPosition();
        assertThat(world.client.reportAll(tasks, "E")).hasSize(count).containsOnly(RejectReason.OK);
        assertThat(world.harness.log.appendedPosition()).isEqualTo(before + 1);
        assertThat(world.client.reportAll(tasks, "E")).hasSize(count).containsOnly(ALREADY_REPORTED.code());
        assertThat(world.harness.log.appendedPosition()).isEqualTo(before + 1);
        world.harness.shard.checkInvariants();
        long digest = world.harness.shard.view().digest();
        world.harness.kill();
        assertThat(world.harness.shard.view().digest()).isEqualTo(digest);
    }

    /** The client sends a report that was refused as a whole again, with its credits. */
    @Test
    void shouldReturnNoCreditsWithAReportThatIsRefusedAsAWhole() {
        World world = new World();
        assertThat(world.client.subscribe(3, "w", "g", 1)).isZero();
        Task task = world.client.pushed().get(0);
        world.client.enqueue("next");
        long stale = world.client.sendReport(task, Outcome.SUCCEEDED, "", new byte[0], 0, 1);
        world.client.patchLast(
                MessageHeaderDecoder.ENCODED_LENGTH + CommandHeaderDecoder.shardEpochEncodingOffset(), 77);
        assertThat(world.refusal(stale)).isEqualTo(STALE_EPOCH.code());
        assertThat(world.client.pushed()).isEmpty();
        assertThat(world.client.report(task, Outcome.SUCCEEDED, "", new byte[0], 0, 1))
                .isZero();
        assertThat(world.client.pushed()).hasSize(1);
    }

    @Test
    void shouldAnswerAnEmptyBatch() {
        World world = new World();
        long before = world.harness.log.appendedPosition();
        assertThat(world.client.enqueue()).isEmpty();
        assertThat(world.client.reportAll(List.of(), "")).isEmpty();
        assertThat(world.harness.log.appendedPosition()).isEqualTo(before);
    }

    /** Frames cut off anywhere: one refusal at most, nothing appended, the shard stays open. */
    @Test
    void shouldOutliveCommandsThatAreCutOffOrOverwrittenAnywhere() {
        Seeds.forEach(5, seed -> {
            World world = new World();
            var random = new java.util.SplittableRandom(seed);
            for (int i = 0; i < 300; i++) {
                switch (random.nextInt(7)) {
                    case 5 -> world.client.sendGetTaskGroup("nothing");
                    case 4 -> world.client.sendSubscribe(1, "w", "nothing", 1);
                    case 0 -> world.client.sendGet("waiting");
                    case 1 -> world.client.sendLease("w", "nothing", 3, 0, 0);
                    case 2 -> world.client.sendReport(world.ended, Outcome.FAILED, "E", new byte[3], 0, 0);
                    case 3 -> world.client.sendGetResult("ended", 5);
                    default -> world.client.sendReadBytes(1, "ended", false, 0, 10);
                }
                world.client.damageLast(random);
                world.harness.run();
            }
            assertThat(world.client.enqueue("after")).isZero();
            world.harness.shard.checkInvariants();
        });
    }
}
