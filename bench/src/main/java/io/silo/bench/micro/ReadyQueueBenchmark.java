package io.silo.bench.micro;

import io.silo.shard.state.ReadyLinks;
import io.silo.shard.state.ReadyQueue;
import java.util.concurrent.TimeUnit;
import org.agrona.collections.IntArrayQueue;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What does it cost to queue a ready task and to take the next, with priorities, tenants in turn and start times, against a plain ring of
 * ints that knows first-in first-out alone?
 *
 * <p>In memory; nothing is durable. One operation is one of each. Expected: under 200 ns, and with a million that wait no more than the misses
 * of the cache add: the queue's part of a lifecycle of 4 us is then under a twentieth. Nothing is allocated.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(2)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@SuppressWarnings("NullAway.Init") // JMH calls the set-up before anything else.
public class ReadyQueueBenchmark {
    private static final int GROUP = 0;
    private static final int PRIORITY = 50;

    /** Tasks that wait all the time, besides the one that comes and goes. */
    @Param({"0", "1000000"})
    public int depth;

    /** Tenants that have them. */
    @Param({"1", "64"})
    public int tenants = 1;

    private Rows rows;
    private ReadyQueue queue;
    private IntArrayQueue ring;
    private int freeSlot;

    /** Links of tasks, in arrays as a table of jobs would have them. */
    private static final class Rows implements ReadyLinks {
        private final long[] arrivals;
        private final int[] previous;
        private final int[] next;
        private long nextArrival;

        private Rows(int count) {
            arrivals = new long[count];
            previous = new int[count];
            next = new int[count];
        }

        private void arrive(int slot) {
            arrivals[slot] = nextArrival++;
        }

        @Override
        public long startMs(int slot) {
            return arrivals[slot] >> 10; // a thousand a ms
        }

        @Override
        public long arrival(int slot) {
            return arrivals[slot];
        }

        @Override
        public int readyPrevious(int slot) {
            return previous[slot];
        }

        @Override
        public void readyPrevious(int slot, int value) {
            previous[slot] = value;
        }

        @Override
        public int readyNext(int slot) {
            return next[slot];
        }

        @Override
        public void readyNext(int slot, int value) {
            next[slot] = value;
        }
    }

    /** Queues all but one. */
    @Setup
    public void fill() {
        rows = new Rows(depth + 1);
        queue = new ReadyQueue(rows);
        ring = new IntArrayQueue(depth + 1 + IntArrayQueue.MIN_CAPACITY, -1);
        for (int slot = 0; slot < depth; slot++) {
            add(slot);
            ring.addInt(slot);
        }
        freeSlot = depth;
    }

    private void add(int slot) {
        rows.arrive(slot);
        queue.add(slot, GROUP, PRIORITY, slot % tenants);
    }

    /** The queue. */
    @Benchmark
    public int addAndPoll() {
        add(freeSlot);
        freeSlot = queue.poll(GROUP);
        return freeSlot;
    }

    /** Baseline: a ring of ints. */
    @Benchmark
    public int ring() {
        ring.addInt(freeSlot);
        freeSlot = ring.pollInt();
        return freeSlot;
    }

    /** Gives the lanes' memory back. */
    @TearDown
    public void close() {
        queue.close();
    }
}
