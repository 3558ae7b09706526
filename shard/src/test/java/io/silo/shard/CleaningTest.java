package io.silo.shard;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.silo.log.DiskState;
import io.silo.protocol.RejectReason;
import io.silo.shard.TestClient.Item;
import io.silo.shard.TestClient.Task;
import io.silo.shard.command.Retention;
import io.silo.shard.command.ShardSettings;
import io.silo.shard.state.ShardCounters.Figure;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A log that cleans itself: how long it may grow, what pins nothing, what is left alone. */
class CleaningTest {
    private static final long CYCLE_BYTES = 128 * 1024;
    private static final int FINISHED_MAX = 300;
    private static final int PAYLOAD_BYTES = 400;

    /** Keeps so many ended jobs. */
    private static final ShardSettings SETTINGS = new ShardSettings(
            0,
            10_000,
            5,
            1_000_000,
            Long.MAX_VALUE,
            ShardSettings.Tenancy.OPTIONAL,
            0,
            -1L,
            new Retention.Limits(0, 0, 0, FINISHED_MAX));

    private final ShardHarness harness = new ShardHarness(1, SETTINGS, CYCLE_BYTES);
    private TestClient client = new TestClient(harness, 1);
    private int jobs;

    private Item item(String id) {
        Item item = new Item(id);
        item.payload = payload(id).getBytes(US_ASCII);
        return item;
    }

    private static String payload(String id) {
        return (id + " ").repeat(PAYLOAD_BYTES / (id.length() + 1));
    }

    /** Enqueues and finishes so many batches of 20 jobs; time passes as with a busy server. */
    private void finish(int batches) {
        for (int batch = 0; batch < batches; batch++) {
            Item[] items = new Item[20];
            for (int i = 0; i < items.length; i++) {
                items[i] = item("j" + jobs++);
            }
            client.enqueue(items);
            for (Task task : client.lease("w", 20)) {
                client.succeed(task, "r");
            }
            harness.advance(5);
            harness.run();
        }
    }

    private List<Task> lease(int count) {
        List<Task> tasks = new ArrayList<>();
        while (tasks.size() < count) {
            tasks.addAll(client.lease("w", 100));
        }
        return tasks;
    }

    /** Lets the cleaner do what it wants to. */
    private void rest() {
        for (int i = 0; i < 400; i++) {
            harness.advance(5);
            harness.run();
        }
    }

    private long figure(Figure figure) {
        return harness.shard.counters().get(figure);
    }

    private long liveBytes() {
        return harness.shard.cleaner().liveBytes();
    }

    @Test
    void shouldKeepTheLogWithinTwiceItsLiveBytes() {
        long longest = 0;
        for (int i = 0; i < 40; i++) {
            finish(10);
            longest = Math.max(longest, harness.log.retainedBytes());
        }
        assertThat(harness.shard.view().jobs().count()).isEqualTo(FINISHED_MAX);
        assertThat(figure(Figure.BYTES_APPENDED)).as("enough to need cleaning").isGreaterThan(10 * longest);
        // The active cycle, and the one that is being carried.
        assertThat(longest).isLessThan(2 * liveBytes() + 3 * CYCLE_BYTES);
        assertThat(figure(Figure.LOG_BYTES)).isEqualTo(harness.log.retainedBytes());
        assertThat(figure(Figure.LOG_LIVE_BYTES)).isEqualTo(liveBytes());
        assertThat(figure(Figure.LOG_CYCLES)).isEqualTo(harness.log.cycleCount());
        assertThat(figure(Figure.CYCLES_TRIMMED)).isGreaterThan(20);
        // Ended jobs go in the order of their cycles: what is cleaned is dead.
        assertThat(figure(Figure.BYTES_CARRIED)).isLessThan(figure(Figure.BYTES_APPENDED) / 2);
        harness.shard.checkInvariants();
    }

    @Test
    void shouldLetAnOldJobPinNothing() {
        Item old = item("old");
        old.startAtMs = harness.wallMs + 365L * 24 * 3_600_000;
        client.enqueue(old);
        finish(300);
        rest();
        assertThat(harness.log.firstPosition()).isGreaterThan(1_000);
        assertThat(harness.log.retainedBytes()).isLessThan(2 * liveBytes() + 3 * CYCLE_BYTES);
        harness.kill();
        client = new TestClient(harness, 2);
        assertThat(client.get("old").payload()).isEqualTo(payload("old"));
        assertThat(client.get("old").nextStartMs()).isEqualTo(old.startAtMs);
        harness.shard.checkInvariants();
    }

    /** Whatever it is asked to clean, a log of nothing but live jobs is not turned over and over. */
    @Test
    void shouldComeToRestWhereEverythingIsLive() {
        for (int i = 0; i < 2_000; i++) {
            client.enqueue(item("live" + i));
        }
        rest();
        long carried = figure(Figure.BYTES_CARRIED);
        rest();
        assertThat(harness.log.cycleCount()).isGreaterThan(5);
        assertThat(figure(Figure.BYTES_CARRIED)).isEqualTo(carried).isLessThan(harness.log.retainedBytes());
    }

    @Test
    void shouldClearAwayTheSmallCyclesOfRestarts() {
        for (int i = 0; i < 1_000; i++) {
            client.enqueue(item("live" + i));
        }
        for (int restart = 0; restart < 120; restart++) {
            harness.kill();
            harness.advance(5);
            harness.run();
        }
        rest();
        assertThat(harness.log.cycleCount()).isLessThan(50);
        client = new TestClient(harness, 2);
        assertThat(client.get("live0").payload()).isEqualTo(payload("live0"));
        harness.shard.checkInvariants();
    }

    /** Half of the jobs of each cycle have gone, and the cleaner carries the others, no faster than it may. */
    @Test
    void shouldCarryNoMoreThanItsShareUnderLoad() {
        for (int i = 0; i < 3_000; i++) {
            client.enqueue(item("half" + i));
        }
        rest();
        harness.shard.cleaner().hold(true);
        List<Task> tasks = lease(3_000);
        for (int i = 0; i < tasks.size(); i += 2) {
            client.succeed(tasks.get(i), "r");
        }
        finish(60);
        harness.shard.cleaner().hold(false);
        long appended = figure(Figure.BYTES_APPENDED);
        long carried = figure(Figure.BYTES_CARRIED);
        harness.advance(25);
        // Time stands still: what is carried is paid for by what is appended, and by what was saved up.
        for (int i = 0; i < 2_000; i++) {
            client.enqueue(item("more" + i));
        }
        long more = figure(Figure.BYTES_APPENDED) - appended;
        long moreCarried = figure(Figure.BYTES_CARRIED) - carried;
        assertThat(moreCarried).isPositive().isLessThan(more / 2 + 512 * 1024);
    }

    @Test
    void shouldMakeRoomWhereTheDiskIsLow() {
        for (int i = 0; i < 1_500; i++) {
            client.enqueue(item("live" + i));
        }
        for (Task task : lease(900)) {
            client.succeed(task, "r");
        }
        rest();
        long before = harness.log.retainedBytes();
        assertThat(before).as("less than twice what is live").isLessThan(2 * liveBytes());
        harness.lowWaterBytes = harness.disk.freeBytes() + 1;
        harness.kill();
        assertThat(harness.log.diskState()).isEqualTo(DiskState.LOW);
        rest();
        assertThat(harness.log.retainedBytes()).isLessThan(before - CYCLE_BYTES);
        assertThat(harness.log.retainedBytes() - liveBytes()).isLessThan(3 * CYCLE_BYTES);
    }

    /** The estimate that decides is near what a carry of all appends. */
    @Test
    void shouldKnowWhatACarryAppends() {
        harness.shard.cleaner().hold(true);
        finish(60);
        for (int i = 0; i < 200; i++) {
            client.enqueue(item("waiting" + i));
        }
        Item uploaded = new Item("uploaded");
        uploaded.uploadId = 7;
        client.upload(7, new byte[100_000], 30_000);
        client.enqueue(uploaded);
        // What is carried goes into another cycle than what there is to carry.
        harness.kill();
        client = new TestClient(harness, 2);
        long estimate = liveBytes();
        long until = harness.log.activeFirstPosition() - 1;
        long carried = figure(Figure.BYTES_CARRIED);
        while (harness.log.firstPosition() <= until) {
            harness.shard.carryOldestCycle();
            harness.advance(60);
            harness.run();
        }
        carried = figure(Figure.BYTES_CARRIED) - carried;
        assertThat((double) carried / estimate).isBetween(0.9, 1.1);
        assertThat((double) liveBytes() / estimate).isBetween(0.9, 1.1);
    }

    /** A log that the policy leaves alone: a third of it is dead. */
    private long logOfSomeDead() {
        for (int i = 0; i < 2_000; i++) {
            client.enqueue(item("live" + i));
        }
        for (Task task : lease(1_000)) {
            client.succeed(task, "r");
        }
        rest();
        long carried = figure(Figure.BYTES_CARRIED);
        rest();
        assertThat(figure(Figure.BYTES_CARRIED)).as("nothing is due").isEqualTo(carried);
        return carried;
    }

    @Test
    void shouldCompactAllCyclesThatWereThere() {
        long carried = logOfSomeDead();
        long live = liveBytes();
        long last = harness.log.appendedPosition();
        assertThat(harness.log.retainedBytes()).isGreaterThan(live + 2 * CYCLE_BYTES);
        harness.shard.cleaner().compact();
        harness.run();
        assertThat(harness.log.firstPosition()).as("not in one go").isLessThan(last);
        assertThat(harness.shard.cleaner().isCompacting()).isTrue();
        rest();
        assertThat(harness.shard.cleaner().isCompacting()).isFalse();
        assertThat(harness.log.firstPosition()).isGreaterThan(last);
        assertThat(harness.log.retainedBytes()).isLessThan(live + live / 5 + CYCLE_BYTES);
        assertThat(figure(Figure.BYTES_CARRIED) - carried).isBetween(live * 9 / 10, live * 6 / 5);
        // It does not turn over what it appended itself.
        carried = figure(Figure.BYTES_CARRIED);
        rest();
        assertThat(figure(Figure.BYTES_CARRIED)).isEqualTo(carried);
        harness.shard.checkInvariants();
        harness.kill();
        client = new TestClient(harness, 2);
        assertThat(client.get("live1999").payload()).isEqualTo(payload("live1999"));
        harness.shard.checkInvariants();
    }

    /** A log of one cycle, which is the one that is written. */
    @Test
    void shouldCompactTheCycleThatIsWritten() {
        client.enqueue(item("live"));
        finish(2);
        long last = harness.log.appendedPosition();
        assertThat(harness.log.cycleCount()).isEqualTo(1);
        harness.shard.cleaner().compact();
        rest();
        assertThat(harness.log.cycleCount()).isEqualTo(1);
        assertThat(harness.log.firstPosition()).isGreaterThan(last);
        harness.kill();
        client = new TestClient(harness, 2);
        assertThat(client.get("live").payload()).isEqualTo(payload("live"));
        assertThat(client.get("j39").payload()).isEqualTo(payload("j39"));
        harness.shard.checkInvariants();
    }

    /** What was ordered goes no faster than what the cleaner does by itself. */
    @Test
    void shouldCompactWithinItsShareUnderLoad() {
        long carried = logOfSomeDead();
        long appended = figure(Figure.BYTES_APPENDED);
        harness.shard.cleaner().compact();
        // Time stands still: what is carried is paid for by what is appended, and by what was saved up.
        for (int i = 0; i < 500; i++) {
            client.enqueue(item("more" + i));
        }
        long more = figure(Figure.BYTES_APPENDED) - appended;
        assertThat(harness.shard.cleaner().isCompacting()).isTrue();
        assertThat(figure(Figure.BYTES_CARRIED) - carried).isPositive().isLessThan(more / 2 + 512 * 1024);
    }

    /** More and more is appended, and it ends all the same. */
    @Test
    void shouldEndACompactionUnderLoad() {
        logOfSomeDead();
        harness.shard.cleaner().compact();
        int batches = 0;
        while (harness.shard.cleaner().isCompacting()) {
            finish(1);
            assertThat(++batches).isLessThan(400);
        }
        assertThat(batches).as("under load").isGreaterThan(5);
        harness.shard.checkInvariants();
    }

    /** An upload that goes on is not lost to a compaction. */
    @Test
    void shouldWaitForUploadsToCompact() {
        byte[] payload = payload("uploaded").getBytes(US_ASCII);
        assertThat(client.upload(7, payload, 200)).isEqualTo(RejectReason.OK);
        long last = harness.log.appendedPosition();
        harness.shard.cleaner().compact();
        rest();
        assertThat(harness.log.firstPosition()).isLessThanOrEqualTo(last);
        Item uploaded = new Item("uploaded");
        uploaded.uploadId = 7;
        uploaded.payload = new byte[0];
        assertThat(client.enqueue(uploaded)).containsExactly(RejectReason.OK);
        rest();
        assertThat(harness.log.firstPosition()).isGreaterThan(last);
        Task task = client.lease("w", 1).get(0);
        assertThat(client.download(task.jobKey(), "uploaded", false, payload.length, 1_000))
                .isEqualTo(payload);
    }
}
