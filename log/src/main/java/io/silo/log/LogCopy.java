package io.silo.log;

import io.silo.log.CopiedLog.CopiedFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.TreeMap;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Copies a log into another directory, while a process appends to it or while none does. Writes nothing where it reads, takes no lock
 * there, and has descriptors of its own. One use, one thread.
 *
 * <p>The copy is the log as it was at a moment after the copying began: everything from the first cycle of the mark that was read then,
 * to the last record that was there in full. On the machine that appends this holds everything acknowledged before, also what no mark
 * names yet, since it is in the page cache at least. What lies behind is left out, and the copy's mark says that it was closed there.
 *
 * <p>All its files are opened before the first is copied: a cycle that the log lets go of meanwhile is still read through its
 * descriptor, and its space comes free when it is copied. A cycle that goes while they are being opened begins the copy again.
 */
public final class LogCopy {
    /** Copies begun before giving up. Between two the log let go of a cycle within milliseconds, which it does a few times a second at most. */
    public static final int ATTEMPTS_MAX = 20;

    private final CycleDirectory source;
    private final Path from;
    private final Path to;
    private final Steps steps;
    private final ByteBuffer window = DocumentCursor.newWindow();

    private LogCopy(Path from, Path to, Steps steps) {
        this.from = from;
        this.to = to;
        this.steps = steps;
        source = new CycleDirectory(from);
    }

    /** What a test does meanwhile. */
    interface Steps {
        Steps NONE = new Steps() {};

        /** The mark was read. */
        default void onMarkRead() {}

        /** The cycles' files are open. */
        default void onOpened() {}
    }

    /**
     * Copies a log; durable on return.
     *
     * @param from directory of a log, as {@link CycleDirectory} describes it.
     * @param to not there yet. What was written stays there if this fails.
     * @param archived whether its archive is copied too.
     * @throws LogException with a code for which {@link LogErrorCode#isCorruption()} holds if the log is damaged; STORE_FAILED if it
     *     cannot be read, the copy cannot be written, or cycles were let go of again and again while they were opened.
     */
    public static CopiedLog copy(Path from, Path to, boolean archived) {
        return copy(from, to, archived, Steps.NONE);
    }

    static CopiedLog copy(Path from, Path to, boolean archived, Steps steps) {
        final LogCopy copy = new LogCopy(from, to, steps);
        final CopiedLog log = copy.run();
        if (!archived) {
            return log;
        }
        final List<CopiedFile> files = new ArrayList<>(log.files());
        files.addAll(copyArchive(from, to));
        return new CopiedLog(log.records(), log.firstPosition(), log.lastPosition(), log.epoch(), files);
    }

    private CopiedLog run() {
        for (int attempt = 1; ; attempt++) {
            final DurableMark mark = DurableMark.read(source);
            steps.onMarkRead();
            final NavigableMap<Long, Opened> cycles = new TreeMap<>();
            try {
                final List<Opened> chain;
                try {
                    chain = open(cycles, mark);
                } catch (LogException e) {
                    // What was trimmed, rolled or begun since the mark was read looks like damage; then the mark moved.
                    if (attempt == ATTEMPTS_MAX || Objects.equals(mark, DurableMark.read(source))) {
                        throw e;
                    }
                    continue;
                }
                steps.onOpened();
                return copy(chain, mark);
            } finally {
                cycles.values().forEach(Opened::close);
            }
        }
    }

    private List<Opened> open(NavigableMap<Long, Opened> cycles, @Nullable DurableMark mark) {
        for (long cycle : source.cycles()) {
            if (mark == null || cycle >= mark.firstCycle()) {
                cycles.put(cycle, open(cycle));
            }
        }
        return chain(cycles, mark);
    }

    private Opened open(long cycle) {
        final Path file = source.cycleFile(cycle);
        final CycleFile opened = source.open(cycle);
        try {
            // One that has no file yet is being created, and nothing was acknowledged in it.
            return file == null
                    ? new Opened("", opened, new CycleHeader(cycle, CycleHeader.State.EMPTY, null, null, 0))
                    : new Opened(String.valueOf(file.getFileName()), opened, CycleHeader.read(opened, cycle, window));
        } catch (RuntimeException | Error e) {
            opened.close();
            throw e;
        }
    }

    /** The cycles that make up the log, oldest first; see {@link LogRecovery}, which judges more of a log that is not open. */
    private List<Opened> chain(NavigableMap<Long, Opened> cycles, @Nullable DurableMark mark) {
        final List<Opened> chain = new ArrayList<>();
        Opened newest = null;
        for (Opened cycle : cycles.descendingMap().values()) {
            if (cycle.header.state() == CycleHeader.State.STARTED) {
                newest = cycle;
                break;
            }
        }
        if (newest == null) {
            if (mark != null && mark.cycle() != DurableMark.NO_CYCLE) {
                throw damaged(LogErrorCode.CYCLE_MISSING, mark.cycle(), "is missing, though the durable mark names it");
            }
            return chain;
        }
        if (mark == null) {
            throw damaged(
                    LogErrorCode.MARK_DAMAGED, newest.header.cycle(), "is there, but no durable mark that can be read");
        }
        chain.add(newest);
        for (Opened at = newest; at.header.requireStarted().previousCycle() >= mark.firstCycle(); ) {
            final long previous = at.header.requireStarted().previousCycle();
            final Opened before = cycles.get(previous);
            if (before == null || before.header.state() != CycleHeader.State.STARTED || chain.contains(before)) {
                throw damaged(
                        before == null ? LogErrorCode.CYCLE_MISSING : LogErrorCode.CYCLE_IDENTITY_DAMAGED,
                        previous,
                        "is " + (before == null ? "missing" : "unreadable") + ", though cycle " + at.header.cycle()
                                + " follows it");
            }
            chain.add(0, before);
            at = before;
        }
        return chain;
    }

    private CopiedLog copy(List<Opened> chain, @Nullable DurableMark mark) {
        final CopyWriter writer = new CopyWriter(to);
        if (chain.isEmpty() || mark == null) {
            // A log that was made but never opened, or whose first cycle never began.
            if (mark == null) {
                writer.finish();
            } else {
                writer.finish(mark);
            }
            return new CopiedLog(
                    0, EventLog.NULL_POSITION, EventLog.NULL_POSITION, mark == null ? 0 : mark.epoch(), List.of());
        }
        final List<CopiedFile> files = new ArrayList<>();
        long records = 0;
        End end = End.NONE;
        long epoch = mark.epoch();
        for (int i = 0; i < chain.size(); i++) {
            final Opened cycle = chain.get(i);
            end = i + 1 < chain.size()
                    ? statedEnd(cycle, chain.get(i + 1).header.requireStarted())
                    : newestEnd(cycle, mark);
            final int crc = writer.writeCycle(cycle.header.cycle(), cycle.file, cycle.name, end.fileOffset);
            files.add(new CopiedFile(
                    to.relativize(writer.target()
                                    .cyclePath(cycle.header.cycle())
                                    .resolve(cycle.name))
                            .toString(),
                    end.fileOffset,
                    crc));
            records += end.records;
            epoch = Math.max(epoch, cycle.header.requireStarted().epoch());
            cycle.close();
        }
        final Opened newest = chain.get(chain.size() - 1);
        writer.finish(new DurableMark(
                mark.sequence() + 1, newest.header.cycle(), end.position, end.crc, epoch, mark.firstCycle(), true));
        final long first = chain.get(0).header.requireStarted().firstPosition();
        return new CopiedLog(
                records,
                records == 0 ? EventLog.NULL_POSITION : first,
                records == 0 ? EventLog.NULL_POSITION : end.position,
                epoch,
                files);
    }

    private End statedEnd(Opened cycle, CycleStarted successor) {
        final RecordCursor cursor = new RecordCursor(cycle.file, cycle.header, window);
        long records = 0;
        while (cursor.position() < successor.previousPosition() && cursor.next() == RecordCursor.Found.RECORD) {
            records++;
        }
        if (cursor.position() != successor.previousPosition() || cursor.crc() != successor.previousCrc()) {
            throw damaged(
                    LogErrorCode.RECORD_DAMAGED,
                    cycle.header.cycle(),
                    "is unreadable from position " + (cursor.position() + 1) + ", file offset " + cursor.nextOffset()
                            + ", though it goes to position " + successor.previousPosition());
        }
        return new End(records, cursor.position(), cursor.crc(), cursor.nextOffset());
    }

    /** The last record that is there in full. A cycle that was just closed is taken as not closed: its successor is left out. */
    private End newestEnd(Opened cycle, DurableMark mark) {
        final DurableMark claim = mark.cycle() == cycle.header.cycle() ? mark : null;
        final RecordCursor cursor = new RecordCursor(cycle.file, cycle.header, window);
        End end = new End(0, cursor.position(), cursor.crc(), cursor.nextOffset());
        long reached = cursor.position();
        RecordCursor.Found found = RecordCursor.Found.RECORD;
        while (!(claim != null && claim.clean() && cursor.position() == claim.position())
                && (found = cursor.next()) == RecordCursor.Found.RECORD) {
            reached = cursor.position();
            if (claim != null && reached == claim.position() && cursor.crc() != claim.crc()) {
                throw damaged(
                        LogErrorCode.RECORD_DAMAGED,
                        cycle.header.cycle(),
                        "has another record at position " + reached + " than the durable mark was made for");
            }
            if (cursor.kind() == RecordLayout.KIND_CYCLE_CLOSED) {
                break;
            }
            end = new End(end.records + 1, cursor.position(), cursor.crc(), cursor.nextOffset());
        }
        checkTail(cycle, claim, reached, found);
        return end;
    }

    private void checkTail(Opened cycle, @Nullable DurableMark claim, long reached, RecordCursor.Found found) {
        if (!LogVerifier.isOpen(from)) {
            judge(cycle.header.requirePreamble().identity());
        } else if (found == RecordCursor.Found.DAMAGED) {
            throw damaged(
                    LogErrorCode.RECORD_DAMAGED,
                    cycle.header.cycle(),
                    "is damaged at position " + (reached + 1) + ", which a log that is open never shows");
        }
        if (claim != null && claim.position() > reached) {
            throw damaged(
                    LogErrorCode.RECORD_DAMAGED,
                    cycle.header.cycle(),
                    "is unreadable from position " + (reached + 1) + ", though it was durable to position "
                            + claim.position());
        }
    }

    /** Nobody appends, so that all of it can be judged, also what lies behind the end. */
    private void judge(LogIdentity identity) {
        try {
            new LogRecovery(source, identity, new EventLogContext(), window).run();
        } catch (LogException e) {
            // Of a log that was opened meanwhile the verdict means nothing, and its opening judged it.
            if (!LogVerifier.isOpen(from)) {
                throw e;
            }
        }
    }

    private static List<CopiedFile> copyArchive(Path from, Path to) {
        final CycleArchive source = new CycleArchive(from);
        final CycleArchive target = new CycleArchive(to);
        final List<CopiedFile> files = new ArrayList<>();
        final long[] copied = new CycleDirectory(to).cycles();
        for (long cycle : source.cycles()) {
            if (copied.length > 0 && cycle >= copied[0]) {
                continue; // let go of and archived since: the copy of the log has it
            }
            final CopiedFile file = copyFile(source.file(cycle), target.file(cycle), to);
            if (file != null) {
                files.add(file);
            }
        }
        return files;
    }

    /** Copies a file that is written no more, with the time that retention counts from; null if it is gone. Durable on return. */
    static @Nullable CopiedFile copyFile(Path from, Path to, Path base) {
        try {
            Files.createDirectories(Objects.requireNonNull(to.getParent()));
            try {
                Files.copy(from, to, StandardCopyOption.COPY_ATTRIBUTES);
            } catch (NoSuchFileException gone) {
                Files.deleteIfExists(to);
                return null; // retention deleted it meanwhile
            }
            final CRC32C crc = new CRC32C();
            long bytes = 0;
            try (var channel = FileChannel.open(to, StandardOpenOption.READ)) {
                final ByteBuffer piece = ByteBuffer.allocate(1 << 16);
                while (channel.read(piece.clear()) >= 0) {
                    bytes += piece.flip().remaining();
                    crc.update(piece);
                }
                channel.force(true);
            }
            CopyWriter.syncDirectory(Objects.requireNonNull(to.getParent()));
            CopyWriter.syncDirectory(base);
            return new CopiedFile(base.relativize(to).toString(), bytes, (int) crc.getValue());
        } catch (IOException e) {
            throw CopyWriter.failed("copy to", to, e);
        }
    }

    private LogException damaged(LogErrorCode code, long cycle, String sentence) {
        return new LogException(code, "Cycle " + cycle + " of " + source.name() + " " + sentence + ".");
    }

    /** Where what is copied of a cycle ends. */
    private record End(long records, long position, int crc, long fileOffset) {
        static final End NONE = new End(0, EventLog.NULL_POSITION, 0, 0);
    }

    /** A cycle whose file stays readable, whatever becomes of its name. */
    private static final class Opened {
        final String name;
        final CycleFile file;
        final CycleHeader header;
        private boolean isClosed;

        Opened(String name, CycleFile file, CycleHeader header) {
            this.name = name;
            this.file = file;
            this.header = header;
        }

        void close() {
            if (!isClosed) {
                isClosed = true;
                file.close();
            }
        }
    }
}
