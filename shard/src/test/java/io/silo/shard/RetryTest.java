package io.silo.shard;

import static io.silo.protocol.RejectReason.OK;
import static org.assertj.core.api.Assertions.assertThat;

import io.silo.protocol.Bounds;
import io.silo.shard.TestClient.Item;
import io.silo.shard.TestClient.Task;
import io.silo.shard.state.ShardCounters.Figure;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** When the next attempt comes, and that a replay agrees. */
class RetryTest {
    private final ShardHarness harness = new ShardHarness(1);
    private final TestClient client = new TestClient(harness, 1);

    private long failOnce(Item item) {
        assertThat(client.enqueue(item)).containsExactly(OK);
        Task task = client.lease("w", 1).get(0);
        assertThat(task.id()).isEqualTo(item.id);
        assertThat(client.fail(task, "E")).isEqualTo(OK);
        return client.get(item.id).nextStartMs() - harness.wallMs;
    }

    /** RETRY-3, RETRY-4. */
    @Test
    void shouldDrawJitterBetweenTheDelayAndTwiceItAndUnderTheCapAndRecordIt() {
        Set<Long> delays = new HashSet<>();
        for (int i = 0; i < 200; i++) {
            Item item = new Item("j" + i);
            item.retryCount = 1;
            item.retryInitialMs = 10_000;
            item.jitter = true;
            item.retryMaxMs = i % 2 == 0 ? 0 : 12_000;
            long delay = failOnce(item);
            delays.add(delay);
            assertThat(delay).isBetween(10_000L, i % 2 == 0 ? 20_000L : 12_000L);
        }
        assertThat(delays).hasSizeGreaterThan(50);
        assertThat(harness.shard.counters().get(Figure.ATTEMPTS_RETRIED)).isEqualTo(200);
        long next = client.get("j7").nextStartMs();
        long digest = harness.shard.view().digest();
        harness.kill();
        assertThat(harness.shard.view().digest()).isEqualTo(digest);
        client.heartbeat("w");
        assertThat(client.get("j7").nextStartMs()).isEqualTo(next);
    }

    /** RETRY-4. */
    @Test
    void shouldTakeTheLargestPolicyThatIsAllowed() {
        Item item = new Item("a");
        item.retryCount = Bounds.RETRY_COUNT_MAX;
        item.retryInitialMs = Bounds.RETRY_INTERVAL_MS_MAX;
        item.retryBackoffPermille = Bounds.RETRY_BACKOFF_PERMILLE_MAX;
        item.jitter = true;
        assertThat(failOnce(item)).isEqualTo(Bounds.RETRY_INTERVAL_MS_MAX);
    }

    /** RETRY-1, RETRY-7, LEASE-8, GET-2. */
    @Test
    void shouldRetryAtOnceWithoutADelayAndEndAfterTheLastAttempt() {
        Item item = new Item("a");
        item.retryCount = 150;
        item.retryInitialMs = 0;
        client.enqueue(item);
        for (int attempt = 1; attempt <= 151; attempt++) {
            Task task = client.lease("w" + attempt, 1).get(0);
            assertThat(task.attempt()).isEqualTo(attempt);
            assertThat(task.isLast()).isEqualTo(attempt == 151);
            client.fail(task, "E" + attempt);
        }
        var job = client.get("a");
        assertThat(job.status()).isEqualTo("FAILED");
        assertThat(job.errorCode()).isEqualTo("E151");
        assertThat(job.attempts()).hasSize(100).startsWith("52:1:w52:E52").endsWith("151:1:w151:E151");
        assertThat(client.lease("w", 1)).isEmpty();
    }

    /** STATE-10, REAP-2; LEASE-5 with a length of the job, as design §5 has it. */
    @Test
    void shouldRetryAnAttemptWhoseLeaseRanOut() {
        Item item = new Item("a");
        item.retryCount = 1;
        item.leaseMs = 500;
        client.enqueue(item);
        client.lease("w", 1);
        harness.advance(500);
        harness.run();
        var job = client.get("a");
        assertThat(job.status()).isEqualTo("SCHEDULED");
        assertThat(job.nextStartMs()).isEqualTo(harness.wallMs + 100);
        assertThat(job.attempts()).containsExactly("1:1:w:WORKER_CRASHED");
    }
}
