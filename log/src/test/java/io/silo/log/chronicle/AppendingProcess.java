package io.silo.log.chronicle;

import io.silo.log.EventLog;
import io.silo.log.EventLogContext;
import io.silo.log.LogWorkbench;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A process that appends to a log on Chronicle until it is killed, or until the disk is full, and says on standard output what is
 * durable. The first 8 bytes of each record's events are its position, the rest follows from it.
 *
 * <p>Arguments: directory, cycle bytes, most bytes of a record's events, {@code forever} or {@code until-full}.
 */
final class AppendingProcess {
    /** Enough for the next start, after the blocks that were allocated ahead are given back. */
    private static final long FLOOR_BYTES = 4L * 1024 * 1024;

    private AppendingProcess() {}

    public static void main(String[] arguments) {
        int eventsMax = Integer.parseInt(arguments[2]);
        boolean isUntilFull = arguments[3].equals("until-full");
        EventLogContext context = new EventLogContext()
                .cycleBytes(Long.parseLong(arguments[1]))
                .tailCacheBytes(1 << 20)
                .lowWaterBytes(0)
                .floorBytes(isUntilFull ? FLOOR_BYTES : 0);
        EventLog log =
                EventLog.open(ChronicleCycleStore.open(Path.of(arguments[0]), context), LogWorkbench.IDENTITY, context);
        log.start(System.currentTimeMillis());
        System.out.println("started " + log.shardEpoch() + " " + log.appendedPosition());
        var random = new Random(ProcessHandle.current().pid());
        var buffer = new UnsafeBuffer(new byte[EventLog.HEADER_BYTES + eventsMax]);
        long refusedSinceNs = 0;
        while (true) {
            int length = 8 + random.nextInt(eventsMax - 8);
            if (!log.hasRoom(EventLog.HEADER_BYTES + length)) {
                log.doWork(System.nanoTime());
                refusedSinceNs = refusedSinceNs == 0 ? System.nanoTime() : refusedSinceNs;
                if (isUntilFull && System.nanoTime() - refusedSinceNs > 1_500_000_000L) {
                    break;
                }
                LockSupport.parkNanos(100_000);
                continue;
            }
            refusedSinceNs = 0;
            fill(buffer, log.nextPosition(), length);
            log.append(buffer, 0, EventLog.HEADER_BYTES + length, 1, 1);
            if (random.nextInt(20) == 0) {
                log.sync();
                System.out.println("durable " + log.durablePosition());
            }
            log.doWork(System.nanoTime());
        }
        log.sync();
        System.out.println("durable " + log.durablePosition());
        System.out.println("full " + log.diskState());
        byte[] first = new byte[8];
        log.read(log.firstPosition(), 0, 8).getBytes(0, first);
        log.close();
        System.out.println("closed");
        System.exit(0);
    }

    private static void fill(UnsafeBuffer buffer, long seed, int length) {
        buffer.putLong(EventLog.HEADER_BYTES, seed);
        for (int i = 8; i < length; i++) {
            buffer.putByte(EventLog.HEADER_BYTES + i, (byte) (seed + i));
        }
    }

    /** Whether events are what this process writes. */
    static boolean isGenuine(org.agrona.DirectBuffer buffer, int offset, int length) {
        long seed = buffer.getLong(offset);
        for (int i = 8; i < length; i++) {
            if (buffer.getByte(offset + i) != (byte) (seed + i)) {
                return false;
            }
        }
        return true;
    }

    /** The command that runs this class with this JVM's class path and flags. */
    static java.util.List<String> command(String... arguments) {
        var command = new java.util.ArrayList<String>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        java.lang.management.ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(argument -> argument.startsWith("--") || argument.startsWith("-D"))
                .forEach(command::add);
        command.add("-Xmx256m");
        command.add("-cp");
        command.add(System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")));
        command.add(AppendingProcess.class.getName());
        command.addAll(java.util.List.of(arguments));
        return command;
    }
}
