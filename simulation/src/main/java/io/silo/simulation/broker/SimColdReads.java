package io.silo.simulation.broker;

import io.silo.shard.command.ColdRead;
import io.silo.shard.command.ColdReads;
import io.silo.shard.history.JobReader;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.SplittableRandom;

/** Reads of the log that take a while: each is performed when its time has come, by when its cycle may be gone. */
final class SimColdReads implements ColdReads {
    private static final long READ_NS_MAX = 20_000_000;

    private record Submitted(ColdRead read, long readyNs) {}

    private final SimProcess process;
    private final SplittableRandom random;
    private final Deque<Submitted> submitted = new ArrayDeque<>();
    private List<JobReader> readers = List.of();

    SimColdReads(SimProcess process, SplittableRandom random) {
        this.process = process;
        this.random = random;
    }

    /** @param perShard in the order of the shards. */
    void readers(List<JobReader> perShard) {
        readers = perShard;
    }

    @Override
    public boolean submit(ColdRead read) {
        if (submitted.size() >= READS_MAX) {
            return false;
        }
        submitted.add(new Submitted(read, process.nanoTime() + random.nextLong(READ_NS_MAX)));
        return true;
    }

    @Override
    public int poll(Handler handler, int limit) {
        int taken = 0;
        while (taken < limit && !submitted.isEmpty() && submitted.peek().readyNs() <= process.nanoTime()) {
            ColdRead read = submitted.remove().read();
            read.perform(readers.get(read.shard()));
            handler.onRead(read);
            taken++;
        }
        return taken;
    }
}
