package io.silo.shard.state;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.silo.shard.Allocations;
import io.silo.shard.Seeds;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.NavigableSet;
import java.util.Random;
import java.util.TreeSet;
import org.agrona.collections.IntArrayList;
import org.junit.jupiter.api.Test;

class TimerQueuePropertyTest {
    private record Timer(long deadlineMs, long arrival, int kind, int id) {}

    private static final Comparator<Timer> ORDER = Comparator.comparingLong(Timer::deadlineMs)
            .thenComparingLong(Timer::arrival)
            .thenComparingInt(Timer::kind);

    @Test
    void shouldFireInTheOrderOfASortedSetUnderRandomChanges() {
        Seeds.forEach(15, seed -> {
            var random = new Random(seed);
            var queue = new TimerQueue();
            var byHandle = new HashMap<Integer, Timer>();
            var model = new TreeSet<>(ORDER);
            var handles = new IntArrayList();
            int horizonMs = 1 << (2 + random.nextInt(16));
            long nowMs = 0;
            for (int step = 0; step < 20_000; step++) {
                int action = random.nextInt(10);
                if (action < 5) {
                    // Arrivals come out of order and in pairs that only the kind tells apart.
                    long arrival = (step ^ 0x155) / 2;
                    var timer = new Timer(nowMs + random.nextInt(horizonMs), arrival, step & 1, random.nextInt());
                    int handle = queue.schedule(timer.deadlineMs, timer.arrival, timer.kind, timer.id);
                    assertThat(byHandle.put(handle, timer)).isNull();
                    assertThat(model.add(timer)).isTrue();
                    handles.addInt(handle);
                } else if (action < 7 && !handles.isEmpty()) {
                    int handle = handles.fastUnorderedRemove(random.nextInt(handles.size()));
                    queue.cancel(handle);
                    assertThat(model.remove(byHandle.remove(handle))).isTrue();
                } else if (action < 9 && !handles.isEmpty()) {
                    int handle = handles.getInt(random.nextInt(handles.size()));
                    Timer old = requireNonNull(byHandle.get(handle));
                    var moved = new Timer(nowMs + random.nextInt(horizonMs), old.arrival, old.kind, old.id);
                    model.remove(old);
                    model.add(moved);
                    byHandle.put(handle, moved);
                    queue.reschedule(handle, moved.deadlineMs);
                    assertThat(queue.deadline(handle)).isEqualTo(moved.deadlineMs);
                } else {
                    nowMs += random.nextInt(Math.max(2, horizonMs / 16));
                    pollBoth(queue, model, nowMs, random.nextInt(20));
                    byHandle.values().removeIf(t -> !model.contains(t));
                    handles.removeIf(h -> !byHandle.containsKey(h));
                }
                assertThat(queue.size()).isEqualTo(model.size());
                assertThat(queue.nextDeadline()).isEqualTo(model.isEmpty() ? Long.MAX_VALUE : model.first().deadlineMs);
            }
            pollBoth(queue, model, Long.MAX_VALUE, Integer.MAX_VALUE);
            assertThat(queue.size()).isZero();
        });
    }

    @Test
    void shouldFireByArrivalThenKindWhenDeadlinesAreEqual() {
        var queue = new TimerQueue();
        for (int id = 0; id < 400; id++) {
            int scrambled = id * 77 % 400;
            queue.schedule(9, scrambled / 4, scrambled % 4, scrambled);
        }
        var ids = new IntArrayList();
        queue.poll(9, (kind, id, deadlineMs) -> ids.addInt(id), 400);
        assertThat(ids.toIntArray()).isSorted().hasSize(400);
    }

    @Test
    void shouldEndAPollAtItsLimitWhenTheHandlerKeepsScheduling() {
        var queue = new TimerQueue();
        queue.schedule(5, 1, 0, 1);
        int count = queue.poll(5, (kind, id, deadlineMs) -> queue.schedule(deadlineMs, id + 1, kind, id + 1), 7);
        assertThat(count).isEqualTo(7);
        assertThat(queue.size()).isEqualTo(1);
    }

    @Test
    void shouldRefuseAHandleThatIsFree() {
        var queue = new TimerQueue();
        int handle = queue.schedule(5, 1, 0, 1);
        queue.cancel(handle);
        assertThatThrownBy(() -> queue.cancel(handle)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> queue.reschedule(handle, 6)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> queue.cancel(TimerQueue.NULL_HANDLE)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> queue.cancel(99)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void shouldRefuseDeadlinesAndKindsOutOfRange() {
        var queue = new TimerQueue();
        assertThatThrownBy(() -> queue.schedule(-1, 1, 0, 1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> queue.schedule(Long.MAX_VALUE, 1, 0, 1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> queue.schedule(1, 1, 256, 1)).isInstanceOf(IllegalArgumentException.class);
        int handle = queue.schedule(TimerQueue.DEADLINE_MS_MAX, -1, TimerQueue.KIND_MAX, -7);
        assertThatThrownBy(() -> queue.reschedule(handle, -1)).isInstanceOf(IllegalArgumentException.class);
        assertThat(queue.nextDeadline()).isEqualTo(TimerQueue.DEADLINE_MS_MAX);
        queue.poll(
                Long.MAX_VALUE,
                (kind, id, deadlineMs) -> assertThat(List.of(kind, id)).containsExactly(255, -7),
                1);
    }

    @Test
    void shouldHoldAMillionWithinTwentyEightBytesEach() {
        var queue = new TimerQueue();
        for (int i = 0; i < 1 << 20; i++) {
            queue.schedule(i * 31L & 0xFFFFF, i, 1, i);
        }
        // 0.1: array headers and the directory.
        assertThat(queue.bytes() / (double) queue.size()).isLessThan(28.1);
    }

    @Test
    void shouldNotAllocateInSteadyState() {
        var queue = new TimerQueue();
        for (int i = 0; i < 10_000; i++) {
            queue.schedule(i, i, 0, i);
        }
        TimerQueue.TimerHandler again = (kind, id, deadlineMs) -> queue.schedule(deadlineMs + 10_000, id, kind, id);
        Runnable churn = () -> {
            for (int i = 0; i < 100_000; i++) {
                queue.poll(queue.nextDeadline(), again, 1);
                int handle = queue.schedule(queue.nextDeadline() + 77, i, 1, i);
                queue.reschedule(handle, queue.nextDeadline() + 7_777);
                queue.cancel(handle);
            }
        };
        churn.run();
        assertThat(Allocations.bytesDuring(churn)).isLessThan(1_024);
    }

    private static void pollBoth(TimerQueue queue, NavigableSet<Timer> model, long nowMs, int limit) {
        var expected = new ArrayList<List<Number>>();
        while (expected.size() < limit && !model.isEmpty() && model.first().deadlineMs <= nowMs) {
            Timer timer = requireNonNull(model.pollFirst());
            expected.add(List.of(timer.kind, timer.id, timer.deadlineMs));
        }
        var fired = new ArrayList<List<Number>>();
        int count = queue.poll(nowMs, (kind, id, deadlineMs) -> fired.add(List.of(kind, id, deadlineMs)), limit);
        assertThat(fired).isEqualTo(expected);
        assertThat(count).isEqualTo(expected.size());
    }
}
