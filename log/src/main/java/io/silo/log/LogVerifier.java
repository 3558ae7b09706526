package io.silo.log;

import io.silo.log.LogReport.CycleReport;
import io.silo.log.LogReport.CycleState;
import io.silo.log.LogReport.Finding;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Reads a whole log and says what is in it and what is damaged: identities, chain, mark. Goes on behind damage with the next cycle, so
 * that one run names all of it. Never writes, never takes part in the log, uses descriptors of its own. One use, one thread.
 *
 * <p>On a live log the newest cycle is read up to the first record that is not there in full. What lies behind the durable position that
 * was published when the run began is in flight and no finding.
 */
public final class LogVerifier {
    private final CycleSource source;
    private final EventLogContext context;
    private final ByteBuffer window = DocumentCursor.newWindow();
    private final TreeMap<Long, CycleHeader> headers = new TreeMap<>();
    private final List<CycleReport> cycles = new ArrayList<>();
    private final List<Finding> findings = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();
    private @Nullable LogIdentity identity;
    private @Nullable DurableMark mark;
    private long records;
    private long firstPosition = EventLog.NULL_POSITION;
    private long lastPosition = EventLog.NULL_POSITION;
    private long bytes;

    private LogVerifier(CycleSource source, EventLogContext context) {
        this.source = source;
        this.context = context;
    }

    /**
     * Verifies a log's directory.
     *
     * @param directory as {@link CycleDirectory} describes it.
     * @param identity whose it should be; null to take the first cycle's word.
     * @param isLive whether a process has it open; see {@link #isOpen}.
     * @param handler gets every good record, oldest first; positions jump where records are damaged.
     * @throws LogException STORE_FAILED if the directory cannot be read.
     */
    public static LogReport verify(
            Path directory, @Nullable LogIdentity identity, boolean isLive, RecordHandler handler) {
        return verify(new CycleDirectory(directory), identity, new EventLogContext(), isLive, handler);
    }

    /** As {@link #verify(Path, LogIdentity, boolean, RecordHandler)}, wherever the cycles are. Of the context only the boot id counts. */
    public static LogReport verify(
            CycleSource source,
            @Nullable LogIdentity identity,
            EventLogContext context,
            boolean isLive,
            RecordHandler handler) {
        var verifier = new LogVerifier(source, context);
        verifier.identity = identity;
        return verifier.run(isLive, handler);
    }

    /** Whether a process holds the directory's lock at this moment. */
    public static boolean isOpen(Path directory) {
        Path lockPath = new CycleDirectory(directory).lockPath();
        if (!Files.exists(lockPath)) {
            return false;
        }
        try (FileChannel channel = FileChannel.open(lockPath, StandardOpenOption.READ);
                FileLock lock = channel.tryLock(0, Long.MAX_VALUE, true)) {
            return lock == null;
        } catch (OverlappingFileLockException e) {
            return true;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot look at " + lockPath, e);
        }
    }

    private LogReport run(boolean isLive, RecordHandler handler) {
        mark = DurableMark.read(source);
        for (long cycle : source.cycles()) {
            readHeader(cycle);
        }
        Map<Long, CycleStarted> successors = new HashMap<>();
        List<CycleHeader> chain = chain(successors);
        for (CycleHeader header : headers.values()) {
            if (chain.contains(header)) {
                verifyCycle(header, successors.get(header.cycle()), handler);
            } else {
                reportUnused(header, chain);
            }
        }
        if (!isLive && identity != null) {
            judge(identity);
        }
        long durablePosition = mark == null ? EventLog.NULL_POSITION : mark.position();
        return new LogReport(
                identity, cycles, records, firstPosition, lastPosition, durablePosition, bytes, findings, notes);
    }

    private void readHeader(long cycle) {
        try (CycleFile file = source.open(cycle)) {
            CycleHeader header = CycleHeader.read(file, cycle, window);
            headers.put(cycle, header);
            CyclePreamble preamble = header.preamble();
            if (preamble == null) {
                return;
            }
            if (identity == null) {
                identity = preamble.identity();
            }
            if (!preamble.identity().equals(identity)) {
                find(
                        LogErrorCode.CYCLE_FOREIGN,
                        cycle,
                        -1,
                        "Cycle " + cycle + " belongs to shard "
                                + preamble.identity().shardName() + " of cluster "
                                + preamble.identity().clusterName() + ".");
            } else if (preamble.cycle() != cycle) {
                find(
                        LogErrorCode.CYCLE_FOREIGN,
                        cycle,
                        -1,
                        "The file under cycle " + cycle + " is that of cycle " + preamble.cycle() + ".");
            }
        } catch (LogException e) {
            // A directory that holds two files: the others are to be judged too.
            if (!e.code().isCorruption()) {
                throw e;
            }
            find(e.code(), cycle, -1, String.valueOf(e.getMessage()));
        }
    }

    /** Follows the predecessors from the newest started cycle as far as they are there, oldest first. */
    private List<CycleHeader> chain(Map<Long, CycleStarted> successors) {
        long firstCycle = mark == null ? 0 : mark.firstCycle();
        var chain = new ArrayList<CycleHeader>();
        CycleHeader at = null;
        for (CycleHeader header : headers.descendingMap().values()) {
            if (header.state() == CycleHeader.State.STARTED) {
                at = header;
                break;
            }
        }
        while (at != null && !chain.contains(at)) {
            chain.add(0, at);
            long previous = at.requireStarted().previousCycle();
            if (previous < firstCycle) {
                break;
            }
            successors.put(previous, at.requireStarted());
            CycleHeader before = headers.get(previous);
            if (before == null || before.state() != CycleHeader.State.STARTED) {
                find(
                        before == null ? LogErrorCode.CYCLE_MISSING : LogErrorCode.CYCLE_IDENTITY_DAMAGED,
                        previous,
                        -1,
                        "Cycle " + previous + " is " + (before == null ? "missing" : "unreadable") + ", though cycle "
                                + at.cycle() + " follows it.");
                break;
            }
            at = before;
        }
        return chain;
    }

    private void verifyCycle(CycleHeader header, @Nullable CycleStarted successor, RecordHandler handler) {
        CycleStarted started = header.requireStarted();
        long count = 0;
        long end = header.recordsOffset();
        try (CycleFile file = source.open(header.cycle())) {
            var cursor = new RecordCursor(file, header, window);
            long statedEnd = successor == null ? Long.MAX_VALUE : successor.previousPosition();
            while (cursor.position() < statedEnd && cursor.next() == RecordCursor.Found.RECORD) {
                checkMarkedCrc(header, cursor);
                count++;
                end = cursor.nextOffset();
                if (firstPosition == EventLog.NULL_POSITION) {
                    firstPosition = cursor.position();
                }
                lastPosition = cursor.position();
                if (cursor.kind() == RecordLayout.KIND_EVENTS) {
                    cursor.deliver(handler);
                }
            }
            checkEnd(header, successor, cursor);
        }
        records += count;
        bytes += end;
        cycles.add(new CycleReport(
                header.cycle(), CycleState.RETAINED, started.epoch(), started.firstPosition(), count, end));
    }

    private void checkMarkedCrc(CycleHeader header, RecordCursor cursor) {
        if (mark != null
                && mark.cycle() == header.cycle()
                && mark.position() == cursor.position()
                && mark.crc() != cursor.crc()) {
            find(
                    LogErrorCode.RECORD_DAMAGED,
                    header.cycle(),
                    cursor.recordOffset(),
                    "The record at position " + cursor.position()
                            + " is not the one that the durable mark was made for.");
        }
    }

    private void checkEnd(CycleHeader header, @Nullable CycleStarted successor, RecordCursor cursor) {
        long stated = EventLog.NULL_POSITION;
        if (successor != null) {
            stated = successor.previousPosition();
        } else if (mark != null && mark.cycle() == header.cycle()) {
            stated = mark.position();
        }
        if (cursor.position() < stated) {
            find(
                    LogErrorCode.RECORD_DAMAGED,
                    header.cycle(),
                    cursor.nextOffset(),
                    "Cycle " + header.cycle() + " is unreadable from position " + (cursor.position() + 1)
                            + ", file offset " + cursor.nextOffset() + ", though it was durable to position " + stated
                            + ".");
        } else if (successor != null && cursor.crc() != successor.previousCrc()) {
            find(
                    LogErrorCode.CYCLE_CHAIN_BROKEN,
                    header.cycle(),
                    cursor.nextOffset(),
                    "The last record of cycle " + header.cycle()
                            + " is not the one that the next cycle was chained to.");
        }
    }

    private void reportUnused(CycleHeader header, List<CycleHeader> chain) {
        CycleState state = switch (header.state()) {
            case EMPTY, UNSTARTED -> CycleState.UNSTARTED;
            case STARTED -> CycleState.DEAD;
            case DAMAGED, FORMAT_UNKNOWN -> CycleState.UNREADABLE;
        };
        if (header.state() == CycleHeader.State.FORMAT_UNKNOWN) {
            find(
                    LogErrorCode.FORMAT_UNKNOWN,
                    header.cycle(),
                    -1,
                    "Cycle " + header.cycle() + " was written in a newer format than this release knows.");
        }
        if (mark != null && mark.cycle() == header.cycle() && state != CycleState.DEAD) {
            find(
                    LogErrorCode.CYCLE_IDENTITY_DAMAGED,
                    header.cycle(),
                    -1,
                    "The identity of cycle " + header.cycle() + " is unreadable, though the durable mark names it.");
        }
        if (state == CycleState.DEAD && !chain.isEmpty()) {
            notes.add("Cycle " + header.cycle() + " was trimmed or cut off and goes at the next opening.");
        }
        CycleStarted started = header.started();
        cycles.add(new CycleReport(
                header.cycle(),
                state,
                started == null ? 0 : started.epoch(),
                started == null ? EventLog.NULL_POSITION : started.firstPosition(),
                0,
                0));
    }

    /** Nobody has the log open: what recovery would say counts too. */
    private void judge(LogIdentity whose) {
        try {
            RecoveredLog recovered = new LogRecovery(source, whose, context, window).run();
            if (recovered.cutOff() != null) {
                notes.add(recovered.cutOff());
            }
        } catch (LogException e) {
            if (findings.isEmpty()) {
                find(e.code(), -1, -1, String.valueOf(e.getMessage()));
            }
        }
    }

    private void find(LogErrorCode code, long cycle, long fileOffset, String sentence) {
        findings.add(new Finding(code, cycle, fileOffset, sentence));
    }
}
