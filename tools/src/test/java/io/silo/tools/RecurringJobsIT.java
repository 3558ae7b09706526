package io.silo.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.silo.client.CatchUp;
import io.silo.client.EnqueueResult;
import io.silo.client.ImportResult;
import io.silo.client.ImportedAttempt;
import io.silo.client.ImportedJob;
import io.silo.client.JobHandle;
import io.silo.client.JobRequest;
import io.silo.client.JobStatus;
import io.silo.client.LeasedTask;
import io.silo.client.Payload;
import io.silo.client.RetryPolicy;
import io.silo.client.Schedule;
import io.silo.client.ScheduleChange;
import io.silo.client.ScheduleRef;
import io.silo.client.ScheduleRequest;
import io.silo.client.ScheduleSummary;
import io.silo.client.SiloClient;
import io.silo.client.SiloException;
import io.silo.client.SiloWorker;
import io.silo.client.Task;
import io.silo.client.TaskResult;
import io.silo.protocol.RejectReason;
import io.silo.server.SiloServer;
import io.silo.server.config.ConfigLoader;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Schedules and unique keys: the Java client against a real server, over shared memory. */
@Timeout(60)
class RecurringJobsIT extends ServerFixture {
    private static final Duration SOON = Duration.ofSeconds(15);
    private static final Duration HOUR = Duration.ofHours(1);
    private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");

    @Test
    void shouldRunAJobEverySecondUntilItIsPausedAndAgainOnceItIsResumed() {
        final List<Task> ran = new CopyOnWriteArrayList<>();
        try (SiloWorker worker = worker(client, "ticks", ran)) {
            final Instant first = client.createSchedule(
                            every("tick", "ticks").payload("tock").priority(7).build())
                    .orElseThrow();
            await(() -> ran.size() >= 3);
            client.pauseSchedule("tick");
            final Schedule paused = client.getSchedule("tick", 3);
            assertThat(paused.isPaused()).isTrue();
            assertThat(paused.nextFireAt()).isNull();
            assertThat(paused.firings()).isEmpty();
            final Instant last = paused.lastFireAt();
            assertThat(last).isNotNull();
            await(() -> ids(ran).contains("tick@" + last));
            for (int i = 0; i < ran.size(); i++) {
                final Instant nominal = first.plusSeconds(i);
                assertThat(ran.get(i).id()).isEqualTo("tick@" + nominal);
                assertThat(ran.get(i).startAt()).isEqualTo(nominal);
                assertThat(ran.get(i).enqueuedAt()).isBetween(nominal, nominal.plusSeconds(5));
                assertThat(ran.get(i).payload()).isEqualTo(Payload.text("tock"));
                assertThat(ran.get(i).priority()).isEqualTo(7);
            }
            final int before = ran.size();
            sleep(2_100);
            assertThat(ran).as("fired while it was paused").hasSize(before);
            final Instant next = client.resumeSchedule("tick").orElseThrow();
            assertThat(next).isAfter(last.plusSeconds(2));
            await(() -> ran.size() > before);
            assertThat(ran.get(before).id()).as("what was missed is left out").isEqualTo("tick@" + next);
            client.deleteSchedule("tick");
            client.deleteSchedule("tick");
            assertThat(reason(() -> client.getSchedule("tick", 0))).isEqualTo(RejectReason.SCHEDULE_NOT_FOUND);
            final int deleted = ran.size();
            sleep(2_100);
            assertThat(ran.size() - deleted).as("one may have been on its way").isLessThan(2);
            assertThat(worker.heldCount()).isZero();
            assertThat(client.awaitResult("-", "tick@" + first, SOON).status()).isEqualTo(JobStatus.SUCCEEDED);
        }
    }

    @Test
    void shouldTellAllOfASchedule() {
        final Instant firstAt = Instant.parse("2040-03-24T00:00:00Z");
        final ScheduleRequest request = ScheduleRequest.to("told")
                .id("told")
                .tenant("acme")
                .cron("30 2 * * *", BERLIN)
                .firstAt(firstAt)
                .catchUp(CatchUp.ALL)
                .startWithin(Duration.ofMinutes(10))
                .payload(Payload.json("{\"n\":1}"))
                .priority(3)
                .retry(new RetryPolicy(4, Duration.ofMillis(20), Duration.ofMillis(90), 1.5, true))
                .lease(Duration.ofSeconds(20))
                .maxRun(Duration.ofSeconds(60))
                .metadata("k", "v")
                .uniqueKey("only one")
                .build();
        // The clocks are put forward in between: there is no 02:30 on the 25th.
        final Instant next = Instant.parse("2040-03-24T01:30:00Z");
        assertThat(client.createSchedule(request)).contains(next);
        final Schedule schedule = client.getSchedule("acme", "told", 2);
        assertThat(schedule)
                .isEqualTo(new Schedule(
                        new ScheduleSummary(
                                "acme",
                                "told",
                                "told",
                                null,
                                "30 2 * * *",
                                "Europe/Berlin",
                                CatchUp.ALL,
                                false,
                                next,
                                null),
                        firstAt,
                        Duration.ofMinutes(10),
                        3,
                        Duration.ofSeconds(20),
                        Duration.ofSeconds(60),
                        new RetryPolicy(4, Duration.ofMillis(20), Duration.ofMillis(90), 1.5, true),
                        Map.of("k", "v"),
                        List.of(),
                        "only one",
                        Payload.json("{\"n\":1}"),
                        List.of(next, Instant.parse("2040-03-26T00:30:00Z"))));
        assertThat(reason(() -> client.createSchedule(request))).isEqualTo(RejectReason.SCHEDULE_EXISTS);
        final ScheduleRequest other = ScheduleRequest.to("other")
                .id("told")
                .tenant("acme")
                .every(HOUR)
                .firstAt(firstAt)
                .paused(true)
                .build();
        assertThat(client.putSchedule(other)).isEmpty();
        final Schedule replaced = client.getSchedule("acme", "told", 2);
        assertThat(replaced.summary().interval()).isEqualTo(HOUR);
        assertThat(replaced.summary().cron()).isNull();
        assertThat(replaced.taskGroup()).isEqualTo("other");
        assertThat(replaced.uniqueKey()).isNull();
        assertThat(replaced.isPaused()).isTrue();
        assertThat(client.resumeSchedule("acme", "told")).contains(firstAt);
        assertThat(client.getSchedule("acme", "told", 2).firings()).containsExactly(firstAt, firstAt.plus(HOUR));
    }

    @Test
    void shouldListAllPagesOfATenantAndOfAllShards() {
        final int count = 600; // three pages
        final List<CompletableFuture<?>> put = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            put.add(client.putScheduleAsync(
                    hourly(String.format("s%03d", i)).tenant("pages").build()));
        }
        for (int i = 0; i < 8; i++) {
            put.add(client.putScheduleAsync(
                    hourly("one").tenant("tenant" + i).paused(i == 0).build()));
        }
        put.forEach(CompletableFuture::join);
        final List<String> ids = IntStream.range(0, count)
                .mapToObj(i -> String.format("s%03d", i))
                .toList();
        assertThat(client.listSchedules("pages"))
                .extracting(ScheduleSummary::id)
                .containsExactlyElementsOf(ids);
        final List<ScheduleSummary> all = client.listSchedules();
        assertThat(all.stream().filter(schedule -> schedule.tenant().equals("pages")))
                .hasSize(count);
        assertThat(all.stream().filter(schedule -> schedule.id().equals("one")).map(ScheduleSummary::tenant))
                .containsExactlyElementsOf(
                        IntStream.range(0, 8).mapToObj(i -> "tenant" + i).toList());
        assertThat(client.listSchedules("tenant0")).singleElement().satisfies(schedule -> {
            assertThat(schedule.isPaused()).isTrue();
            assertThat(schedule.nextFireAt()).isNull();
            assertThat(schedule.interval()).isEqualTo(HOUR);
            assertThat(schedule.taskGroup()).isEqualTo("hourly");
        });
        assertThat(client.listSchedules("nobody")).isEmpty();
        // More than a message holds, of more than one shard, and one that no message can hold.
        final List<ScheduleRef> named = new ArrayList<>();
        ids.forEach(id -> named.add(new ScheduleRef("pages", id)));
        IntStream.range(0, 8).forEach(i -> named.add(new ScheduleRef("tenant" + i, "one")));
        IntStream.range(0, 1_000).forEach(i -> named.add(new ScheduleRef("pages", "no such " + i)));
        named.add(new ScheduleRef("pages", "x".repeat(70_000)));
        final List<ScheduleChange> changes = client.pauseSchedulesAsync(named).join();
        for (int i = 0; i < named.size(); i++) {
            assertThat(changes.get(i).schedule()).isEqualTo(named.get(i));
            assertThat(changes.get(i).rejected())
                    .isEqualTo(
                            i < count + 8
                                    ? null
                                    : i < named.size() - 1
                                            ? RejectReason.SCHEDULE_NOT_FOUND
                                            : RejectReason.INVALID_SCHEDULE_ID);
        }
        assertThat(client.listSchedules("pages")).allMatch(ScheduleSummary::isPaused);
        client.deleteSchedulesAsync(named.subList(0, count)).join();
        assertThat(client.listSchedules("pages")).isEmpty();
    }

    @Test
    void shouldRefuseWhatMakesNoSense() {
        refused(hourly("r").cron("61 * * * *", BERLIN), RejectReason.INVALID_SCHEDULE);
        refused(hourly("r").cron("* * * *", ""), RejectReason.INVALID_SCHEDULE);
        refused(hourly("r").cron("0 0 30 2 *", ""), RejectReason.INVALID_SCHEDULE);
        refused(hourly("r").cron("*".repeat(70_000), ""), RejectReason.INVALID_SCHEDULE);
        refused(hourly("r").cron("0 3 * * *", "Europe/Atlantis"), RejectReason.INVALID_TIME_ZONE);
        refused(hourly("r").every(Duration.ofMillis(999)), RejectReason.INVALID_SCHEDULE);
        refused(hourly("r").every(Duration.ZERO), RejectReason.INVALID_SCHEDULE);
        refused(ScheduleRequest.to("g").id("r"), RejectReason.INVALID_SCHEDULE);
        refused(ScheduleRequest.to("g").every(HOUR), RejectReason.INVALID_SCHEDULE_ID);
        refused(hourly("x".repeat(201)), RejectReason.INVALID_SCHEDULE_ID);
        refused(hourly("x".repeat(70_000)), RejectReason.INVALID_SCHEDULE_ID);
        refused(hourly("r").uniqueKey("x".repeat(257)), RejectReason.INVALID_UNIQUE_KEY);
        refused(hourly("r").priority(100), RejectReason.PRIORITY_OUT_OF_RANGE);
        refused(hourly("r").payload("x".repeat(65_537)), RejectReason.PAYLOAD_TOO_LARGE);
        refused(
                hourly("r").payload("x".repeat(65_536)).metadata("k", "y".repeat(60_000)),
                RejectReason.PAYLOAD_TOO_LARGE);
        assertThat(client.listSchedules("refusals")).isEmpty();
        assertThat(client.putSchedule(
                        hourly("r").tenant("large").payload("x".repeat(65_536)).build()))
                .isPresent();
        assertThat(client.getSchedule("large", "r", 0).payload().size()).isEqualTo(65_536);
        assertThat(reason(() -> client.getSchedule("large", "r", 101))).isEqualTo(RejectReason.INVALID_LIMIT);
        assertThat(reason(() -> client.getSchedule("large", "r", 256))).isEqualTo(RejectReason.INVALID_LIMIT);
        assertThat(client.getSchedule("large", "r", 100).firings()).hasSize(100);
        assertThat(reason(() -> client.getSchedule("large", "none", 0))).isEqualTo(RejectReason.SCHEDULE_NOT_FOUND);
        assertThat(reason(() -> client.pauseSchedule("none"))).isEqualTo(RejectReason.SCHEDULE_NOT_FOUND);
        assertThat(reason(() -> client.resumeSchedule("none"))).isEqualTo(RejectReason.SCHEDULE_NOT_FOUND);
        client.deleteSchedule("none");
    }

    @Test
    void shouldKeepSchedulesAndUniqueKeysOverARestart() throws IOException {
        final Path data = directory.resolve("restarted");
        final Map<String, String> ports = ServerProcess.freePorts();
        final Map<String, String> path = Map.of("database.path", data.toString());
        final SiloServer before = SiloServer.start(ConfigLoader.load(null, ports, path));
        try (SiloClient own = SiloClient.builder().dataDirectory(data).build()) {
            own.enqueue(unique("holder", "k").build());
            own.createSchedule(every("tick", "ticks").build());
            own.createSchedule(hourly("paused").paused(true).build());
            await(() -> own.getSchedule("tick", 0).lastFireAt() != null);
            before.close();
            try (SiloServer after = SiloServer.start(ConfigLoader.load(null, ports, path))) {
                final Instant restarted = Instant.now();
                final List<Task> ran = new CopyOnWriteArrayList<>();
                try (SiloWorker worker = worker(own, "ticks", ran)) {
                    await(() -> ran.stream().anyMatch(task -> task.startAt().isAfter(restarted.plusSeconds(1))));
                    assertThat(ids(ran)).doesNotHaveDuplicates();
                    assertThat(worker.heldCount()).isLessThanOrEqualTo(1);
                }
                assertThat(own.listSchedules()).extracting(ScheduleSummary::id).containsExactly("paused", "tick");
                assertThat(own.getSchedule("paused", 0).isPaused()).isTrue();
                assertThat(own.enqueueAll(List.of(unique("late", "k").build())))
                        .extracting(EnqueueResult::heldBy)
                        .containsExactly("holder");
                assertThat(after).isNotNull();
            }
        }
    }

    /** A job that takes longer than the interval. */
    @Test
    void shouldNotOverlapWithAUniqueKey() {
        final String key = "no overlap";
        client.createSchedule(every("slow", "slow").uniqueKey(key).build());
        await(() -> client.taskGroup("slow").ready() == 1);
        final Instant first = client.getSchedule("slow", 0).lastFireAt();
        assertThat(first).isNotNull();
        await(() -> first.plusSeconds(2).equals(client.getSchedule("slow", 0).lastFireAt()));
        assertThat(client.taskGroup("slow").ready()).as("two more firings").isEqualTo(1);
        assertThat(client.getJob("slow@" + first).uniqueKey()).isEqualTo(key);
        assertThat(client.enqueueAll(List.of(unique("by hand", key).build())))
                .extracting(EnqueueResult::heldBy)
                .containsExactly("slow@" + first);
        client.cancel("slow@" + first);
        await(() -> client.taskGroup("slow").ready() == 1);
        client.deleteSchedule("slow");
    }

    @Test
    void shouldHaveOneLiveJobOfAUniqueKeyAndNameIt() {
        final JobHandle holder = client.enqueue(unique("first", "key").build());
        assertThat(holder.get().uniqueKey()).isEqualTo("key");
        final SiloException held = catchThrowableOfType(
                SiloException.class,
                () -> client.enqueue(unique("second", "key").build()));
        assertThat(held.reason()).isEqualTo(RejectReason.UNIQUE_KEY_HELD);
        assertThat(held).hasMessageContaining("second").hasMessageEndingWith("It is job 'first'.");
        final List<EnqueueResult> results = client.enqueueAll(List.of(
                unique("a", "").build(),
                unique("b", "key").build(),
                unique("c", "new").build(),
                unique("d", "new").build(),
                unique("first", "key").build(),
                unique("e", "x".repeat(257)).build(),
                unique("f", "x".repeat(70_000)).build(),
                unique("g", "key").tenant("acme").build()));
        assertThat(results)
                .extracting(EnqueueResult::rejected)
                .containsExactly(
                        null,
                        RejectReason.UNIQUE_KEY_HELD,
                        null,
                        RejectReason.UNIQUE_KEY_HELD,
                        RejectReason.JOB_EXISTS,
                        RejectReason.INVALID_UNIQUE_KEY,
                        RejectReason.INVALID_UNIQUE_KEY,
                        null);
        assertThat(results)
                .extracting(EnqueueResult::heldBy)
                .containsExactly(null, "first", null, "c", null, null, null, null);
        assertThat(client.getJob("a").uniqueKey()).isNull();

        final LeasedTask lease = client.leaseJob("-", "first", "operator");
        assertThat(lease.task().uniqueKey()).isEqualTo("key");
        assertThat(heldBy("third", "key")).as("it runs").isEqualTo("first");
        lease.report(TaskResult.success());
        assertThat(heldBy("third", "key")).as("it has ended").isNull();
        client.cancel("third");
        assertThat(heldBy("fourth", "key")).isNull();
        assertThat(reason(() -> client.restart("third"))).isEqualTo(RejectReason.UNIQUE_KEY_HELD);
    }

    @Test
    void shouldNameAllHoldersHoweverLongTheirIds() {
        final List<JobRequest> holders = new ArrayList<>();
        final List<JobRequest> others = new ArrayList<>();
        for (int i = 0; i < 700; i++) {
            holders.add(unique(String.format("%0256d", i), "long " + i).build());
            others.add(unique("other " + i, "long " + i).build());
        }
        assertThat(client.enqueueAll(holders)).allMatch(EnqueueResult::isAccepted);
        assertThat(client.enqueueAll(others))
                .extracting(EnqueueResult::heldBy)
                .containsExactlyElementsOf(holders.stream().map(JobRequest::id).toList());
    }

    @Test
    void shouldImportUniqueKeys() {
        final ImportedAttempt done =
                ImportedAttempt.succeeded(Instant.ofEpochMilli(1), Instant.ofEpochMilli(2), Payload.EMPTY);
        assertThat(client.importJobs(List.of(
                        new ImportedJob(unique("ended", "imported").build(), null, List.of(done)),
                        new ImportedJob(unique("waits", "imported").build(), null, List.of()),
                        new ImportedJob(unique("held", "imported").build(), null, List.of()))))
                .extracting(ImportResult::rejected)
                .containsExactly(null, null, RejectReason.UNIQUE_KEY_HELD);
        assertThat(client.getJob("ended").uniqueKey()).isEqualTo("imported");
        assertThat(heldBy("late", "imported")).isEqualTo("waits");
    }

    private static JobRequest.Builder unique(String id, String key) {
        return JobRequest.to("unique").id(id).uniqueKey(key);
    }

    private static String heldBy(String id, String key) {
        return client.enqueueAll(List.of(unique(id, key).build())).get(0).heldBy();
    }

    private static ScheduleRequest.Builder every(String id, String taskGroup) {
        return ScheduleRequest.to(taskGroup).id(id).every(Duration.ofSeconds(1));
    }

    private static ScheduleRequest.Builder hourly(String id) {
        return ScheduleRequest.to("hourly")
                .id(id)
                .every(HOUR)
                .firstAt(Instant.now().plus(HOUR));
    }

    private static void refused(ScheduleRequest.Builder request, RejectReason reason) {
        final ScheduleRequest built = request.tenant("refusals").build();
        assertThat(reason(() -> client.putSchedule(built))).isEqualTo(reason);
    }

    private static SiloWorker worker(SiloClient of, String taskGroup, List<Task> ran) {
        return SiloWorker.with(of)
                .taskGroup(taskGroup)
                .concurrency(1)
                .stopTimeout(SOON)
                .handler(task -> {
                    ran.add(task);
                    return TaskResult.success();
                })
                .start();
    }

    private static List<String> ids(List<Task> tasks) {
        return tasks.stream().map(Task::id).toList();
    }
}
