package io.silo.server;

import io.silo.log.EventLog;
import io.silo.shard.command.ColdRead;
import io.silo.shard.command.ColdReads;
import io.silo.shard.history.JobReader;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.agrona.concurrent.OneToOneConcurrentArrayQueue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads of the log for the shards of one thread, on a thread of its own: they may wait for the disk, the shards may not. The
 * shard thread submits and takes back; both directions are bounded by {@link ColdReads#READS_MAX}. Reads ahead have a queue of their own,
 * of {@link ColdReads#READS_AHEAD_MAX}, and their turn when nothing else is to be read.
 */
final class ColdReadThread implements ColdReads, AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(ColdReadThread.class);

    /** Longest wait for the read under way when closing. */
    private static final long CLOSE_TIMEOUT_MS = 2_000;

    /** A submission wakes the thread; this bounds what a lost wake-up could cost. */
    private static final long PARK_MAX_NS = TimeUnit.SECONDS.toNanos(1);

    private final OneToOneConcurrentArrayQueue<ColdRead> submitted = new OneToOneConcurrentArrayQueue<>(READS_MAX);
    private final OneToOneConcurrentArrayQueue<ColdRead> finished = new OneToOneConcurrentArrayQueue<>(READS_MAX);
    private final Map<Integer, EventLog> logs = new HashMap<>();
    private final Map<Integer, JobReader> readers = new HashMap<>();
    private final ReadAheadQueue ahead = new ReadAheadQueue(READS_AHEAD_MAX);
    private final ReadAheadQueue.Handler aheadHandler = this::performAhead;

    /** Shards whose log could not be read ahead once: their grants read for themselves. */
    private final Set<Integer> notReadAhead = new HashSet<>();

    private final Thread thread;
    private volatile boolean closed;
    private int underWay;

    ColdReadThread(String name) {
        thread = new Thread(this::run, name);
        thread.setDaemon(true);
    }

    /** Names the log of a shard. Before {@link #start}. */
    void add(int shard, EventLog log) {
        logs.put(shard, log);
    }

    void start() {
        thread.start();
    }

    @Override
    public boolean submit(ColdRead read) {
        // Counted over both queues: what was submitted must find room when it comes back.
        if (underWay >= READS_MAX || !submitted.offer(read)) {
            return false;
        }
        underWay++;
        LockSupport.unpark(thread);
        return true;
    }

    @Override
    public long readAhead(int shard, long position, int offset, int length) {
        final long request = ahead.offer(shard, position, offset, length);
        if (request != NOT_TAKEN) {
            LockSupport.unpark(thread);
        }
        return request;
    }

    @Override
    public long readAheadDone() {
        return ahead.done();
    }

    @Override
    public int poll(Handler handler, int limit) {
        int count = 0;
        while (count < limit) {
            final ColdRead read = finished.poll();
            if (read == null) {
                break;
            }
            underWay--;
            handler.onRead(read);
            count++;
        }
        return count;
    }

    private void run() {
        while (!closed) {
            final ColdRead read = submitted.poll();
            if (read != null) {
                perform(read);
            } else if (!ahead.poll(aheadHandler)) {
                readers.values().forEach(JobReader::unpin);
                LockSupport.parkNanos(this, PARK_MAX_NS);
            }
        }
        readers.values().forEach(JobReader::close);
    }

    private void perform(ColdRead read) {
        try {
            read.perform(readers.computeIfAbsent(read.shard(), this::open));
        } catch (RuntimeException failed) {
            // The log was closed beneath it: the reply stays empty, and its shard answers nothing any more.
            LOGGER.warn("A read of shard {} failed: {}", read.shard(), failed.getMessage());
            readers.remove(read.shard());
        }
        if (!finished.offer(read)) {
            throw new IllegalStateException("more reads came back than were submitted");
        }
    }

    private void performAhead(int shard, long position, int offset, int length) {
        if (notReadAhead.contains(shard)) {
            return;
        }
        try {
            readers.computeIfAbsent(shard, this::open).readAhead(position, offset, length);
        } catch (RuntimeException failed) {
            LOGGER.warn("The log of shard {} is not read ahead any more: {}", shard, failed.getMessage());
            notReadAhead.add(shard);
        }
    }

    private JobReader open(int shard) {
        final EventLog log = logs.get(shard);
        if (log == null) {
            throw new IllegalStateException("no log of shard " + shard);
        }
        return new JobReader(log.newReader());
    }

    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(thread);
        try {
            thread.join(CLOSE_TIMEOUT_MS);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
