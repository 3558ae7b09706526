package io.silo.shard;

import static io.silo.protocol.RejectReason.OK;
import static org.assertj.core.api.Assertions.assertThat;

import io.silo.protocol.command.Durability;
import io.silo.shard.TestClient.Item;
import io.silo.shard.TestClient.Task;
import java.util.List;
import org.junit.jupiter.api.Test;

/** GetTaskGroup: what is ready and leased in a group, and nothing that a crash could undo. */
class TaskGroupTest {
    private final ShardHarness harness = new ShardHarness(1);
    private final TestClient client = new TestClient(harness, 1);

    @Test
    void shouldCountReadyAndLeasedTasksOfTheGroup() {
        assertThat(client.taskGroup("g")).isEqualTo("0/0");
        client.enqueue("a");
        client.enqueue("b");
        client.enqueue("c");
        assertThat(client.taskGroup("g")).isEqualTo("3/0");
        assertThat(client.taskGroup("other")).isEqualTo("0/0");
        List<Task> tasks = client.lease("w", 2);
        assertThat(client.taskGroup("g")).isEqualTo("1/2");
        assertThat(client.succeed(tasks.get(0), "r")).isEqualTo(OK);
        assertThat(client.giveBack("w", tasks.get(1))).isEqualTo(OK);
        assertThat(client.taskGroup("g")).isEqualTo("2/0");
        client.lease("w", 1);
        harness.kill();
        client.tenant = "";
        assertThat(client.taskGroup("g")).isEqualTo("1/1");
    }

    @Test
    void shouldNotCountWhatIsScheduledUntilItsTimeHasCome() {
        Item later = new Item("later");
        later.startAtMs = harness.wallMs + 1_000;
        assertThat(client.enqueue(later).get(0)).isEqualTo(OK);
        assertThat(client.taskGroup("g")).isEqualTo("0/0");
        harness.advance(1_000);
        assertThat(client.taskGroup("g")).isEqualTo("1/0");
    }

    @Test
    void shouldWaitUntilWhatItCountsIsDurable() {
        client.durability = Durability.APPENDED;
        assertThat(client.enqueue("a")).isEqualTo(OK);
        assertThat(harness.log.isDirty()).isTrue();
        client.durability = Durability.DURABLE;
        assertThat(client.taskGroup("g")).isEqualTo("1/0");
        assertThat(harness.log.isDirty()).isFalse();
    }
}
