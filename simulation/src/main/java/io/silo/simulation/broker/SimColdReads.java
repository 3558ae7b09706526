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
    private static final int AHEAD_PER_POLL_MAX = 64;

    private record Submitted(ColdRead read, long readyNs) {}

    private record Ahead(int shard, long position, int offset, int length) {}

    private final SimProcess process;
    private final SplittableRandom random;
    private final Deque<Submitted> submitted = new ArrayDeque<>();
    private final Deque<Ahead> ahead = new ArrayDeque<>();
    private List<JobReader> readers = List.of();
    private long aheadOffered;
    private long aheadDone;

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
    public long readAhead(int shard, long position, int offset, int length) {
        if (ahead.size() >= READS_AHEAD_MAX) {
            return NOT_TAKEN;
        }
        ahead.add(new Ahead(shard, position, offset, length));
        return ++aheadOffered;
    }

    @Override
    public long readAheadDone() {
        return aheadDone;
    }

    /** Behind the reads of callers, some at a time. */
    private void performAhead() {
        for (int i = random.nextInt(AHEAD_PER_POLL_MAX); i > 0 && !ahead.isEmpty(); i--) {
            Ahead next = ahead.remove();
            readers.get(next.shard()).readAhead(next.position(), next.offset(), next.length());
            aheadDone++;
        }
        readers.forEach(JobReader::unpin);
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
        if (submitted.isEmpty()) {
            performAhead();
        }
        return taken;
    }
}
