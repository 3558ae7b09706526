package io.silo.bench.micro;

import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What does a shard need for one command of a kind: to check it, decide, append, apply and answer, without a transport and without
 * waiting for the disk?
 *
 * <p>Durability: appended. One operation is one job: commands name one each, but for {@code ENQUEUE_BATCH} with 64. Expected: 1 to 3 us, for
 * a shard is to do 250,000 lifecycles of three commands a second; a job of a batch well under one alone; a heartbeat, which is not logged,
 * under the rest. The baseline appends a record of 256 bytes to a log of its own for each job. Under 10 of those is what the shard's part
 * should cost.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(2)
@Warmup(iterations = 30)
@Measurement(iterations = 30)
@SuppressWarnings("NullAway.Init") // JMH calls the set-up before anything else.
public class CommandBenchmark {
    private static final int JOBS = 4_096;
    private static final int PAYLOAD_BYTES = 256;

    /** What is measured. */
    public enum Command {
        /** A job with 256 bytes, alone in its command. */
        ENQUEUE,
        /** Such jobs, 64 in a command. */
        ENQUEUE_BATCH,
        /** A call for one task. */
        LEASE,
        /** A lease renewed. */
        HEARTBEAT,
        /** A success with 8 bytes. */
        COMPLETE,
        /** Of a job that waits. */
        CANCEL,
        /** Of a cancelled one. */
        RESTART,
        /** Of a cancelled one. */
        DELETE
    }

    @Param
    public Command command = Command.ENQUEUE;

    private Path directory;
    private CommandShard shard;
    private LogFiles files;
    private long recordsBefore;

    /** Creates the baseline's log. */
    @Setup
    public void createFiles() {
        files = new LogFiles(PAYLOAD_BYTES);
    }

    /** A fresh shard, its jobs as far as the command wants them, and the commands encoded. */
    @Setup(Level.Iteration)
    public void open() {
        directory = BenchDirectory.create();
        shard = new CommandShard(directory, JOBS);
        if (command != Command.ENQUEUE && command != Command.ENQUEUE_BATCH) {
            shard.enqueueAll();
        }
        switch (command) {
            case ENQUEUE -> shard.enqueue(1);
            case ENQUEUE_BATCH -> shard.enqueue(CommandShard.BATCH_JOBS);
            case LEASE -> shard.lease(1);
            case HEARTBEAT -> {
                shard.leaseAll();
                shard.heartbeat();
            }
            case COMPLETE -> {
                shard.leaseAll();
                shard.complete();
            }
            case CANCEL -> shard.cancel();
            case RESTART -> {
                shard.cancelAll();
                shard.restart();
            }
            case DELETE -> {
                shard.cancelAll();
                shard.delete();
            }
        }
        recordsBefore = shard.records();
    }

    /** The shard. */
    @Benchmark
    @OperationsPerInvocation(JOBS)
    public long command() {
        return shard.run();
    }

    /** Baseline: a record for each job, appended to a bare log. */
    @Benchmark
    @OperationsPerInvocation(JOBS)
    public long bareLog() {
        long position = 0;
        for (int i = 0; i < JOBS; i++) {
            position = files.appendToLog();
        }
        return position;
    }

    /** Closes the shard. A refusal writes nothing: the records tell whether all commands did what they say. */
    @TearDown(Level.Iteration)
    public void close() {
        final long records = shard.records() - recordsBefore;
        final boolean ran = shard.isAnswered();
        shard.close();
        BenchDirectory.delete(directory);
        final int commands = switch (command) {
            case HEARTBEAT -> 0;
            case ENQUEUE_BATCH -> JOBS / CommandShard.BATCH_JOBS;
            default -> JOBS;
        };
        if (ran && records < commands) {
            throw new IllegalStateException("Expected " + commands + " records, but there are " + records + ".");
        }
    }

    /** Removes the baseline's log. */
    @TearDown
    public void deleteFiles() {
        files.close();
    }
}
