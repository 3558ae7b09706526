package io.silo.shard;

import static io.silo.protocol.RejectReason.JOB_NOT_FOUND;
import static io.silo.protocol.RejectReason.OK;
import static io.silo.protocol.RejectReason.PERMISSION_DENIED;
import static io.silo.protocol.RejectReason.SCHEDULE_NOT_FOUND;
import static io.silo.protocol.RejectReason.TENANT_NOT_ALLOWED;
import static io.silo.protocol.RejectReason.TENANT_REQUIRED;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.silo.protocol.Bounds;
import io.silo.protocol.RejectReason;
import io.silo.protocol.Session;
import io.silo.protocol.command.BulkVerb;
import io.silo.protocol.command.PauseKind;
import io.silo.shard.TestClient.Item;
import io.silo.shard.TestSchedules.Wish;
import io.silo.shard.TestVerbs.Ended;
import io.silo.shard.command.ShardSettings;
import io.silo.shard.command.ShardSettings.Tenancy;
import io.silo.shard.state.JobState;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiFunction;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

/**
 * Every command that names a tenant, against sessions and servers that do not let it (TEN-1, TEN-2, TEN-4). A command that is
 * added needs a row here, or a place among those that name none.
 */
class TenantCommandsTest {
    /** They name a lease, a subscription, an upload, a bulk change or nothing; {@link TenancyTest}, {@link BulkTest}, {@link PauseTest}, {@link FloatingLimitTest} and {@link TenantSettingsTest} show that each is kept to its session or tenant. */
    private static final Set<String> WITHOUT_A_TENANT = Set.of(
            "Hello",
            "CloseSession",
            "KeepAlive",
            "UploadChunk",
            "Unsubscribe",
            "Heartbeat",
            "ReportOutcome",
            "ReturnLeases",
            "ReportRefresh",
            "RenewRefresh",
            "GetBulk",
            "ListPauses",
            "ListTenants");

    /** Without a tenant these speak of all that the session may see, so they are fine where one is required. */
    private static final Set<String> OF_ALL_TENANTS = Set.of(
            "Subscribe",
            "LeaseTasks",
            "LeaseRefreshes",
            "GetTaskGroup",
            "ListSchedules",
            "BulkChange",
            "ListJobs",
            "CountJobs",
            "ScanJobs",
            "CountTenants",
            "ReadEvents",
            "ListLimits");

    /** Who asks, for what tenant. */
    private static final class Asker {
        final TestClient client;
        final TestVerbs verbs;
        final TestSchedules schedules;
        final TestBulks bulks;
        final TestLimits limits;
        final TestTenants tenants;
        final String tenant;

        Asker(ShardHarness harness, Session session, String tenant) {
            client = new TestClient(harness, session);
            client.tenant = tenant;
            this.tenant = tenant;
            verbs = new TestVerbs(client);
            schedules = new TestSchedules(client);
            bulks = new TestBulks(client);
            limits = new TestLimits(client);
            tenants = new TestTenants(client);
        }

        Item item(String id) {
            Item item = new Item(id);
            item.tenant = tenant;
            return item;
        }

        Wish wish(String id) {
            Wish wish = Wish.every(id, 10_000);
            wish.tenant = tenant;
            return wish;
        }

        int code(long correlation) {
            client.harness.run();
            return client.reply(correlation, TestClient::code);
        }

        TestBulks.Where everyJob() {
            return TestBulks.Where.status(JobState.values()).tenant(tenant);
        }

        int scanCode() {
            TestScans.Scan scan = new TestScans.Scan();
            scan.tenant = tenant;
            return new TestScans(client).page(scan).code();
        }

        int lease(String id) {
            verbs.lease(id, "w", 0);
            return number(verbs.refusal);
        }
    }

    /** Code of the answer to each command about a job or schedule with this id. */
    private static final Map<String, BiFunction<Asker, String, Integer>> COMMANDS = Map.ofEntries(
            Map.entry("Enqueue", (a, id) -> a.client.enqueue(a.item(id)).get(0)),
            Map.entry("Subscribe", (a, id) -> a.client.subscribe(9, "w", "g", 1)),
            Map.entry("LeaseTasks", (a, id) -> a.code(a.client.sendLease("w", "g", 1, 0, 0))),
            Map.entry("LeaseJob", (a, id) -> a.lease(id)),
            Map.entry("LeaseRefreshes", (a, id) -> a.code(TestFloating.sendLease(a.client, "g", 1, 0))),
            Map.entry("GetJob", (a, id) -> a.client.get(id).code()),
            Map.entry("GetJobResult", (a, id) -> a.code(a.client.sendGetResult(id, 0))),
            Map.entry("ReadBytes", (a, id) -> a.code(a.client.sendReadBytes(1, id, false, 0, 1))),
            Map.entry("GetTaskGroup", (a, id) -> a.code(a.client.sendGetTaskGroup("g"))),
            Map.entry("CancelJobs", (a, id) -> number(a.verbs.cancel(id))),
            Map.entry("RestartJobs", (a, id) -> number(a.verbs.restart(id))),
            Map.entry("ExpediteJobs", (a, id) -> number(a.verbs.expedite(id))),
            Map.entry("DeleteJobs", (a, id) -> number(a.verbs.delete(id))),
            Map.entry("ImportJobs", (a, id) -> number(a.verbs.importJob(a.item(id), Ended.failed(1, "E")))),
            Map.entry("PutSchedule", (a, id) -> a.schedules.put(a.wish(id))),
            Map.entry("PauseSchedules", (a, id) -> a.schedules.pause(id)),
            Map.entry("ResumeSchedules", (a, id) -> a.schedules.resume(id)),
            Map.entry("DeleteSchedules", (a, id) -> a.schedules.delete(id)),
            Map.entry(
                    "GetSchedule", (a, id) -> -a.schedules.firings(id, 1).get(0).intValue()),
            Map.entry("ListSchedules", (a, id) -> number(a.schedules.page(10, "", ""))),
            Map.entry(
                    "BulkChange",
                    (a, id) -> a.bulks.change(BulkVerb.EXPEDITE, a.everyJob()).code()),
            Map.entry("ListJobs", (a, id) -> a.bulks.page(a.everyJob(), 0, 10).code()),
            Map.entry("CountJobs", (a, id) -> a.bulks.countCode(a.tenant)),
            Map.entry("ScanJobs", (a, id) -> a.scanCode()),
            Map.entry("CountTenants", (a, id) -> new TestScans(a.client).countCode(a.tenant)),
            Map.entry(
                    "ReadEvents",
                    (a, id) -> new TestEvents(a.client)
                            .tenant(a.tenant)
                            .page(-1, 0, 10)
                            .code()),
            Map.entry("SetPaused", (a, id) -> a.verbs.setPaused(PauseKind.TENANT, a.tenant, true)),
            Map.entry("ListLimits", (a, id) -> a.limits.listCode(10)),
            Map.entry("GetLimit", (a, id) -> number(a.limits.show(id, 5))),
            Map.entry("SetLimit", (a, id) -> a.limits.set(id, 5)),
            Map.entry("DropHolders", (a, id) -> -Math.min(0, a.limits.drop(""))),
            Map.entry("ExplainJob", (a, id) -> a.limits.explainCode(id)),
            Map.entry(
                    "SetTenant",
                    (a, id) -> a.tenants.set(a.tenant, TestTenants.change().weight(2))),
            Map.entry("GetTenant", (a, id) -> a.tenants.getCode(a.tenant)));

    private static int number(String answer) {
        String name = answer.replaceAll("@.*", "");
        for (RejectReason reason : RejectReason.values()) {
            if (reason.name().equals(name)) {
                return reason.code();
            }
        }
        return OK;
    }

    private static ShardHarness harness(Tenancy tenancy) {
        return new ShardHarness(
                1,
                new ShardSettings(0, 10_000, 5, Bounds.PAYLOAD_BYTES_MAX, Long.MAX_VALUE, tenancy, 0, -1L),
                512 * 1024);
    }

    /** A job that waits, one that ended, and a schedule, of each of two tenants. */
    private static ShardHarness inhabited() {
        ShardHarness harness = harness(Tenancy.OPTIONAL);
        for (String tenant : List.of("own", "strange")) {
            Asker operator = new Asker(harness, harness.session(1), tenant);
            Item future = operator.item("waiting");
            future.startAtMs = harness.wallMs + 1_000_000;
            assertThat(operator.client.enqueue(future, operator.item("ended"))).containsExactly(OK, OK);
            operator.client.succeed(operator.verbs.lease("ended", "w", 0), "r");
            Wish wish = operator.wish("schedule");
            wish.firstAtMs = harness.wallMs + 1_000_000;
            assertThat(operator.schedules.put(wish)).isEqualTo(OK);
        }
        return harness;
    }

    @Test
    void shouldNameEveryCommandOfTheSchema() throws Exception {
        Set<String> named = new TreeSet<>(COMMANDS.keySet());
        named.addAll(WITHOUT_A_TENANT);
        assertThat(named).isEqualTo(CatalogueTest.templates("commands.xml").keySet());
    }

    /** No answer tells whether the other tenant has such a job, and nothing is changed. */
    @Test
    void shouldDenyASessionEverythingOfAnotherTenantWhetherItIsThereOrNot() {
        ShardHarness harness = inhabited();
        for (String tenant : List.of("strange", "nobody", "-")) {
            Asker scoped = new Asker(harness, new Session(2, new UnsafeBuffer("own".getBytes(UTF_8))), tenant);
            long digest = harness.shard.view().digest();
            long position = harness.log.appendedPosition();
            COMMANDS.forEach((name, command) -> {
                for (String id : List.of("waiting", "ended", "schedule", "unknown")) {
                    assertThat(command.apply(scoped, id))
                            .as("%s of %s of %s", name, id, tenant)
                            .isEqualTo(PERMISSION_DENIED.code());
                }
            });
            assertThat(harness.shard.view().digest()).isEqualTo(digest);
            assertThat(harness.log.appendedPosition()).isEqualTo(position);
        }
    }

    /** MODEL-1: under its own name a tenant finds nothing of another, be it called the same. */
    @Test
    void shouldFindNothingOfAnotherTenantUnderItsOwnName() {
        ShardHarness harness = inhabited();
        Asker operator = new Asker(harness, harness.session(1), "strange");
        assertThat(operator.client.enqueue(operator.item("secret"))).containsExactly(OK);
        assertThat(operator.schedules.put(operator.wish("secret"))).isEqualTo(OK);
        Asker scoped = new Asker(harness, new Session(2, new UnsafeBuffer("own".getBytes(UTF_8))), "own");
        for (String name : List.of(
                "GetJob", "GetJobResult", "ReadBytes", "LeaseJob", "CancelJobs", "RestartJobs", "ExpediteJobs")) {
            assertThat(COMMANDS.get(name).apply(scoped, "secret")).as(name).isEqualTo(JOB_NOT_FOUND.code());
        }
        for (String name : List.of("PauseSchedules", "ResumeSchedules", "GetSchedule")) {
            assertThat(COMMANDS.get(name).apply(scoped, "secret")).as(name).isEqualTo(SCHEDULE_NOT_FOUND.code());
        }
        // What is unknown is deleted already; and a name that another tenant uses is free.
        for (String name : List.of("DeleteJobs", "DeleteSchedules", "Enqueue", "PutSchedule")) {
            assertThat(COMMANDS.get(name).apply(scoped, "secret")).as(name).isEqualTo(OK);
        }
        assertThat(scoped.schedules.page(10, "", "")).contains("own/").doesNotContain("strange/");
        assertThat(scoped.schedules.page(10, "strange", "")).doesNotContain("strange/");
        scoped.client.tenant = "";
        assertThat(scoped.schedules.page(10, "", "")).contains("own/").doesNotContain("strange/");
        assertThat(scoped.schedules.page(10, "strange", "")).doesNotContain("strange/");
        assertThat(operator.client.get("secret").status()).isEqualTo("SCHEDULED");
        assertThat(operator.schedules.pause("secret")).isEqualTo(OK);
    }

    @Test
    void shouldTakeNoTenantInAnyCommandWhenTenancyIsOff() {
        ShardHarness harness = harness(Tenancy.OFF);
        Asker named = new Asker(harness, harness.session(1), "t");
        COMMANDS.forEach((name, command) ->
                assertThat(command.apply(named, "j")).as(name).isEqualTo(TENANT_NOT_ALLOWED.code()));
        // "-" is how the Java client says that it names none.
        for (String none : List.of("", "-")) {
            ShardHarness off = harness(Tenancy.OFF);
            Asker unnamed = new Asker(off, off.session(1), none);
            COMMANDS.forEach((name, command) ->
                    assertThat(command.apply(unnamed, "j")).as(name).isNotEqualTo(TENANT_NOT_ALLOWED.code()));
        }
    }

    @Test
    void shouldNeedATenantInEveryCommandWhenTenancyIsRequired() {
        ShardHarness harness = harness(Tenancy.REQUIRED);
        Asker unnamed = new Asker(harness, harness.session(1), "");
        List<String> fine = new ArrayList<>();
        COMMANDS.forEach((name, command) -> {
            int code = command.apply(unnamed, "j");
            if (code == OK) {
                fine.add(name);
            } else {
                assertThat(code).as(name).isEqualTo(TENANT_REQUIRED.code());
            }
        });
        assertThat(fine).containsExactlyInAnyOrderElementsOf(OF_ALL_TENANTS);
        Asker none = new Asker(harness, harness.session(1), "-");
        COMMANDS.forEach(
                (name, command) -> assertThat(command.apply(none, "j")).as(name).isEqualTo(TENANT_REQUIRED.code()));
    }
}
