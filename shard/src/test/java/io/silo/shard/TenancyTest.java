package io.silo.shard;

import static io.silo.protocol.RejectReason.JOB_NOT_FOUND;
import static io.silo.protocol.RejectReason.LEASE_NOT_FOUND;
import static io.silo.protocol.RejectReason.OK;
import static io.silo.protocol.RejectReason.PERMISSION_DENIED;
import static io.silo.protocol.RejectReason.SUBSCRIPTION_NOT_FOUND;
import static io.silo.protocol.RejectReason.TENANT_NOT_ALLOWED;
import static io.silo.protocol.RejectReason.TENANT_REQUIRED;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.silo.protocol.Bounds;
import io.silo.protocol.Session;
import io.silo.shard.TestClient.Item;
import io.silo.shard.TestClient.Task;
import io.silo.shard.command.ShardSettings;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

/** What a session that is scoped to one tenant sees, does and cannot do; and the modes of tenancy. */
class TenancyTest {
    private final ShardHarness harness = new ShardHarness(1);
    private final TestClient operator = new TestClient(harness, 1);
    private final TestClient own = new TestClient(harness, scoped(2, "own"));

    private static Session scoped(long id, String tenant) {
        return new Session(id, new UnsafeBuffer(tenant.getBytes(UTF_8)));
    }

    private int enqueue(TestClient client, String tenant, String id) {
        Item item = new Item(id);
        item.tenant = tenant;
        return client.enqueue(item).get(0);
    }

    private int refusal(long correlation, TestClient client) {
        harness.run();
        return client.reply(correlation, TestClient::code);
    }

    @Test
    void shouldLetAScopedSessionTouchItsTenantOnly() {
        assertThat(enqueue(own, "own", "a")).isEqualTo(OK);
        assertThat(enqueue(own, "strange", "b")).isEqualTo(PERMISSION_DENIED.code());
        assertThat(enqueue(own, "", "c")).isEqualTo(PERMISSION_DENIED.code());
        assertThat(enqueue(operator, "strange", "b")).isEqualTo(OK);
        own.tenant = "own";
        assertThat(own.get("a").status()).isEqualTo("SCHEDULED");
        assertThat(own.get("b").code()).isEqualTo(JOB_NOT_FOUND.code());
        own.tenant = "strange";
        assertThat(own.get("b").code()).isEqualTo(PERMISSION_DENIED.code());
        assertThat(refusal(own.sendGetResult("b", 1_000), own)).isEqualTo(PERMISSION_DENIED.code());
        assertThat(refusal(own.sendReadBytes(1, "b", false, 0, 10), own)).isEqualTo(PERMISSION_DENIED.code());
        assertThat(refusal(own.sendLease("w", "g", 1, 0, 0), own)).isEqualTo(PERMISSION_DENIED.code());
        assertThat(own.subscribe(1, "w", "g", 1)).isEqualTo(PERMISSION_DENIED.code());
        own.tenant = "";
        assertThat(own.get("b").code()).isEqualTo(PERMISSION_DENIED.code());
    }

    @Test
    void shouldLeaseAndPushTheTasksOfTheScopeOnly() {
        enqueue(operator, "strange", "s1");
        enqueue(operator, "own", "o1");
        enqueue(operator, "own", "o2");
        assertThat(own.lease("w", 1)).extracting(Task::id).containsExactly("o1");
        assertThat(own.subscribe(1, "w", "g", 5)).isEqualTo(OK);
        assertThat(own.pushed()).extracting(Task::id).containsExactly("o2");
        long waiting = own.sendLease("w", "g", 5, 1_000, 0);
        enqueue(operator, "strange", "s2");
        assertThat(own.hasReply(waiting)).isFalse();
        assertThat(own.unsubscribe(1)).isEqualTo(OK);
        enqueue(operator, "own", "o3");
        assertThat(own.reply(waiting, TestClient::tasks)).extracting(Task::id).containsExactly("o3");
        assertThat(operator.lease("w", 5)).extracting(Task::id).containsExactly("s1", "s2");
    }

    @Test
    void shouldCountTheTasksOfTheScopeOnly() {
        for (String id : List.of("s1", "s2", "s3")) {
            enqueue(operator, "strange", id);
        }
        enqueue(operator, "own", "o1");
        enqueue(operator, "own", "o2");
        assertThat(own.lease("w", 1)).hasSize(1);
        operator.tenant = "strange";
        assertThat(operator.lease("w", 2)).hasSize(2);
        operator.tenant = "";
        assertThat(operator.taskGroup("g")).isEqualTo("2/3");
        assertThat(own.taskGroup("g")).isEqualTo("1/1");
        own.tenant = "own";
        assertThat(own.taskGroup("g")).isEqualTo("1/1");
        own.tenant = "strange";
        assertThat(refusal(own.sendGetTaskGroup("g"), own)).isEqualTo(PERMISSION_DENIED.code());
        operator.tenant = "strange";
        assertThat(operator.taskGroup("g")).isEqualTo("1/2");
        operator.tenant = "nobody";
        assertThat(operator.taskGroup("g")).isEqualTo("0/0");
    }

    /** Lease tokens and worker ids of another tenant are worth nothing, and leave no trace. */
    @Test
    void shouldNotTouchLeasesOfAnotherTenant() {
        enqueue(operator, "strange", "s");
        Task task = operator.lease("w", "g", 1, 77).get(0);
        harness.advance(9_000);
        assertThat(own.heartbeat("w")).isZero();
        assertThat(own.heartbeat("w", task)).isEqualTo(LEASE_NOT_FOUND.code());
        assertThat(own.giveBack("w", task)).isEqualTo(LEASE_NOT_FOUND.code());
        assertThat(own.succeed(task, "mine")).isEqualTo(LEASE_NOT_FOUND.code());
        assertThat(own.lease("w", "g", 1, 77)).isEmpty();
        harness.agent.onSessionClosed(own.session, true);
        operator.tenant = "strange";
        assertThat(operator.get("s").status()).isEqualTo("RUNNING");
        harness.advance(1_000);
        harness.run();
        assertThat(operator.get("s").errorCode()).isEqualTo("WORKER_CRASHED");
    }

    @Test
    void shouldKeepSubscriptionsAndUploadsOfSessionsApart() {
        TestClient other = new TestClient(harness, 3);
        assertThat(other.subscribe(7, "w", "g", 1)).isEqualTo(OK);
        assertThat(operator.unsubscribe(7)).isEqualTo(SUBSCRIPTION_NOT_FOUND.code());
        assertThat(other.uploadPart(9, 10, 0, new byte[10], 10)).isEqualTo(OK);
        Item item = new Item("a");
        item.uploadId = 9;
        item.payload = new byte[0];
        assertThat(operator.enqueue(item)).containsExactly(io.silo.protocol.RejectReason.UPLOAD_NOT_FOUND.code());
        assertThat(other.enqueue(item)).containsExactly(OK);
    }

    private static ShardHarness harness(ShardSettings.Tenancy tenancy) {
        var settings = new ShardSettings(
                0, ShardSettings.DEFAULT_LEASE_MS, 5, Bounds.PAYLOAD_BYTES_MAX, Long.MAX_VALUE, tenancy, 0, -1L);
        return new ShardHarness(1, settings, 512 * 1024);
    }

    /** TEN-1. */
    @Test
    void shouldTakeNoTenantWhenTenancyIsOff() {
        ShardHarness off = harness(ShardSettings.Tenancy.OFF);
        TestClient client = new TestClient(off, 1);
        assertThat(enqueue(client, "t", "a")).isEqualTo(TENANT_NOT_ALLOWED.code());
        assertThat(enqueue(client, "", "a")).isEqualTo(OK);
        assertThat(client.lease("w", 1)).extracting(Task::tenant).containsExactly("-");
        client.tenant = "t";
        assertThat(client.get("a").code()).isEqualTo(TENANT_NOT_ALLOWED.code());
        assertThat(client.subscribe(1, "w", "g", 1)).isEqualTo(TENANT_NOT_ALLOWED.code());
    }

    /** TEN-2; TEN-5 as design §10 has it: the scope of a session says whose tasks a worker gets. */
    @Test
    void shouldNeedATenantWhenTenancyIsRequired() {
        ShardHarness required = harness(ShardSettings.Tenancy.REQUIRED);
        TestClient client = new TestClient(required, 1);
        assertThat(enqueue(client, "", "a")).isEqualTo(TENANT_REQUIRED.code());
        assertThat(enqueue(client, "t", "a")).isEqualTo(OK);
        assertThat(client.get("a").code()).isEqualTo(TENANT_REQUIRED.code());
        // A worker that names none gets all tenants that its session may see.
        assertThat(client.lease("w", 1)).extracting(Task::tenant).isEqualTo(List.of("t"));
    }

    /** Near the bound of leases a worker gets what still fits, not nothing for ever. */
    @Test
    void shouldGrantTheLeasesThatStillFit() {
        ShardHarness small = new ShardHarness(
                1,
                List.of(ShardSettings.whole(0)),
                512 * 1024,
                h -> h.capacity =
                        new io.silo.shard.state.ShardState.Capacity(1 << 16, 1 << 24, 8, 1 << 10, 1 << 10, 1 << 10));
        TestClient client = new TestClient(small, 1);
        for (int i = 0; i < 12; i++) {
            client.enqueue("j" + i);
        }
        List<Task> first = client.lease("w", 6);
        assertThat(first).hasSize(6);
        assertThat(client.lease("w", 6)).hasSize(2);
        assertThat(client.lease("w", 6)).isEmpty();
        long waiting = client.sendLease("w", "g", 6, 1_000, 0);
        small.run();
        assertThat(client.hasReply(waiting)).isFalse();
        client.succeed(first.get(0), "r");
        small.run();
        assertThat(client.reply(waiting, TestClient::tasks)).hasSize(1);
    }
}
