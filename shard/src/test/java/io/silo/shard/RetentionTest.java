package io.silo.shard;

import static org.assertj.core.api.Assertions.assertThat;

import io.silo.protocol.RejectReason;
import io.silo.shard.TestClient.Item;
import io.silo.shard.TestClient.Task;
import io.silo.shard.command.Retention;
import io.silo.shard.command.ShardSettings;
import io.silo.shard.state.JobState;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

/** Ended jobs go by age and by count, others never; counters follow (TTL-1, TTL-2, TTL-3, CNT-1, CNT-2). */
class RetentionTest {
    private static final Retention.Limits AGES = new Retention.Limits(60_000, 120_000, 30_000, 1_000);

    private static ShardHarness harness(Retention.Limits limits) {
        return new ShardHarness(
                1,
                new ShardSettings(
                        0, 10_000, 5, 1_000_000, Long.MAX_VALUE, ShardSettings.Tenancy.OPTIONAL, 0, -1L, limits),
                512 * 1024);
    }

    private static void pass(ShardHarness harness, long ms) {
        for (long left = ms; left > 0; left -= 1_000) {
            harness.standStill(1_000);
            harness.run();
        }
    }

    private static String found(TestClient client, String id) {
        TestClient.Job job = client.get(id);
        return job.code() == RejectReason.OK ? job.status() : "gone";
    }

    /** STATE-18, TTL-1. */
    @Test
    void shouldForgetEndedJobsByTheAgeOfTheirStatus() {
        ShardHarness harness = harness(AGES);
        TestClient client = new TestClient(harness, 1);
        TestVerbs verbs = new TestVerbs(client);
        for (String id : new String[] {"succeeded", "failed", "cancelled", "waiting"}) {
            client.enqueue(id);
        }
        client.succeed(verbs.lease("succeeded", "w", 0), "r");
        client.fail(verbs.lease("failed", "w", 0), "E");
        verbs.cancel("cancelled");
        pass(harness, 29_000);
        assertThat(found(client, "cancelled")).isEqualTo("CANCELLED");
        pass(harness, 1_000);
        assertThat(found(client, "cancelled")).isEqualTo("gone");
        assertThat(found(client, "succeeded")).isEqualTo("SUCCEEDED");
        pass(harness, 30_000);
        assertThat(found(client, "succeeded")).isEqualTo("gone");
        assertThat(found(client, "failed")).isEqualTo("FAILED");
        pass(harness, 60_000);
        assertThat(found(client, "failed")).isEqualTo("gone");
        assertThat(found(client, "waiting")).isEqualTo("SCHEDULED");
        harness.shard.checkInvariants();
    }

    /** TTL-2. */
    @Test
    void shouldNotForgetAJobThatWasRestarted() {
        ShardHarness harness = harness(AGES);
        TestClient client = new TestClient(harness, 1);
        TestVerbs verbs = new TestVerbs(client);
        client.enqueue("j");
        verbs.cancel("j");
        pass(harness, 20_000);
        verbs.restart("j");
        pass(harness, 100_000);
        assertThat(found(client, "j")).isEqualTo("SCHEDULED");
        verbs.cancel("j");
        pass(harness, 29_000);
        assertThat(found(client, "j")).as("its age counts anew").isEqualTo("CANCELLED");
    }

    @Test
    void shouldForgetTheOldestBeyondTheCountAcrossStatusesAndRestarts() {
        ShardHarness harness = harness(new Retention.Limits(0, 0, 0, 5));
        TestClient client = new TestClient(harness, 1);
        TestVerbs verbs = new TestVerbs(client);
        for (int i = 0; i < 8; i++) {
            client.enqueue("j" + i);
            if (i % 2 == 0) {
                verbs.cancel("j" + i);
            } else {
                client.succeed(client.lease("w", 1).get(0), "r");
            }
            harness.advance(10);
        }
        harness.run();
        for (int i = 0; i < 8; i++) {
            assertThat(found(client, "j" + i).equals("gone")).as("job %s", i).isEqualTo(i < 3);
        }
        assertThat(harness.shard.view().finishedCount()).isEqualTo(5);
        harness.kill();
        harness.run();
        TestClient after = new TestClient(harness, 2);
        assertThat(found(after, "j3")).isEqualTo("SUCCEEDED");
        after.enqueue("more");
        new TestVerbs(after).cancel("more");
        harness.run();
        assertThat(found(after, "j3")).as("the order outlives a restart").isEqualTo("gone");
        assertThat(found(after, "j4")).isEqualTo("CANCELLED");
        harness.shard.checkInvariants();
    }

    /** Many at once are forgotten in several records, and a job enqueued with the id of a forgotten one is a new job. */
    @Test
    void shouldForgetThousandsWithoutEnd() {
        ShardHarness harness = harness(AGES);
        TestClient client = new TestClient(harness, 1);
        for (int batch = 0; batch < 30; batch++) {
            Item[] items = new Item[100];
            for (int i = 0; i < items.length; i++) {
                items[i] = new Item("j" + batch + "-" + i);
            }
            client.enqueue(items);
            for (Task task : client.lease("w", 100)) {
                client.succeed(task, "r");
            }
        }
        assertThat(count(harness, JobState.SUCCEEDED)).isEqualTo(1_000);
        pass(harness, 61_000);
        assertThat(harness.shard.view().jobs().count()).isZero();
        assertThat(client.enqueue("j0-0")).isZero();
        assertThat(count(harness, JobState.SCHEDULED)).isEqualTo(1);
        assertThat(count(harness, JobState.SUCCEEDED)).isZero();
        harness.shard.checkInvariants();
    }

    private static int count(ShardHarness harness, JobState state) {
        UnsafeBuffer tenant = new UnsafeBuffer(new byte[] {'-'});
        int number = harness.shard.view().findTenant(tenant, 0, 1);
        return number < 0 ? 0 : harness.shard.view().jobCount(number, state);
    }
}
