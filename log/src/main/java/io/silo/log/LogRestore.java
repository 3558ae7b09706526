package io.silo.log;

import io.silo.log.CopiedLog.CopiedFile;
import java.nio.file.Path;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Makes a log of a copy, under another identity and with a higher epoch. The records stay as they are, byte for byte: their chain is
 * seeded by the cycles' salts, which stay too. What is written anew are the two documents at the head of each cycle, which say whose it
 * is, and the mark. Reads the copy, never writes there. Stateless.
 */
public final class LogRestore {
    private LogRestore() {}

    /**
     * Restores a log; durable on return.
     *
     * @param copy directory that {@link LogCopy} wrote.
     * @param to not there yet. What was written stays there if this fails.
     * @param files what {@link CopiedLog#files} said of the copy: the bytes are compared with it.
     * @param identity of the restored log.
     * @param epochFloor at least the copy's own; the restored log opens above it.
     * @throws LogException RECORD_DAMAGED if a file is not as it was copied, other codes for which {@link LogErrorCode#isCorruption()}
     *     holds if the copy is no whole log, STORE_FAILED if something cannot be read or written.
     */
    public static void restore(Path copy, Path to, List<CopiedFile> files, LogIdentity identity, long epochFloor) {
        final CycleDirectory source = new CycleDirectory(copy);
        final CopyWriter writer = new CopyWriter(to);
        final DurableMark mark = DurableMark.read(source);
        if (mark == null && source.cycles().length > 0) {
            throw new LogException(
                    LogErrorCode.MARK_DAMAGED,
                    "The copy " + copy + " has cycles, but no durable mark that can be read.");
        }
        for (CopiedFile file : files) {
            final CopiedFile restored = file.name().endsWith(CycleArchive.SUFFIX)
                    ? LogCopy.copyFile(copy.resolve(file.name()), to.resolve(file.name()), to)
                    : restoreCycle(source, writer, file, identity);
            if (restored == null || restored.bytes() != file.bytes() || restored.crc() != file.crc()) {
                throw new LogException(
                        LogErrorCode.RECORD_DAMAGED,
                        "The file " + copy.resolve(file.name())
                                + (restored == null ? " is missing." : " is not as it was copied."));
            }
        }
        if (mark == null) {
            // A log that was never opened; the mark is what makes it know its epoch.
            writer.finish(new DurableMark(1, DurableMark.NO_CYCLE, EventLog.NULL_POSITION, 0, epochFloor, 0, false));
        } else {
            if (epochFloor < mark.epoch()) {
                throw new IllegalArgumentException("epoch " + epochFloor + " is below the copy's own, " + mark.epoch());
            }
            writer.finish(new DurableMark(
                    mark.sequence() + 1,
                    mark.cycle(),
                    mark.position(),
                    mark.crc(),
                    epochFloor,
                    mark.firstCycle(),
                    mark.clean()));
        }
    }

    private static @Nullable CopiedFile restoreCycle(
            CycleDirectory source, CopyWriter writer, CopiedFile file, LogIdentity identity) {
        final Path name = Path.of(file.name());
        final long cycle = Long.parseLong(String.valueOf(name.getName(name.getNameCount() - 2)));
        final Path path = source.cycleFile(cycle);
        if (path == null || !path.endsWith(name)) {
            return null;
        }
        final var window = DocumentCursor.newWindow();
        try (CycleFile from = source.open(cycle)) {
            final CycleHeader header = CycleHeader.read(from, cycle, window);
            final CyclePreamble preamble = header.preamble();
            final CycleStarted started = header.started();
            if (preamble == null || started == null || from.length() <= file.bytes()) {
                return new CopiedFile(file.name(), 0, ~file.crc());
            }
            final DocumentCursor documents = new DocumentCursor(from, window);
            documents.next();
            final long preambleOffset = documents.payloadOffset();
            documents.next();
            final long startedOffset = documents.payloadOffset();

            final byte[] preambleBytes = new byte[CyclePreamble.BYTES];
            CyclePreamble.encode(
                    new UnsafeBuffer(preambleBytes), identity, cycle, preamble.saltHigh(), preamble.saltLow());
            final CyclePreamble written =
                    CyclePreamble.decode(new UnsafeBuffer(preambleBytes), 0, preambleBytes.length);
            if (written == null) {
                throw new IllegalStateException("a preamble that was just encoded cannot be decoded");
            }
            final byte[] startedBytes = new byte[CycleStarted.BYTES];
            // Boot 0 is no kernel's: nothing of this log lies in the page cache of an earlier process.
            new CycleStarted(
                            started.reason(),
                            started.epoch(),
                            started.firstPosition(),
                            started.previousCycle(),
                            started.previousPosition(),
                            started.previousCrc(),
                            written.crc(),
                            0,
                            0,
                            started.timeMs())
                    .encode(new UnsafeBuffer(startedBytes));
            final int crc = writer.writeCycle(
                    cycle,
                    from,
                    String.valueOf(path.getFileName()),
                    file.bytes(),
                    new CopyWriter.Patch(preambleOffset, preambleBytes),
                    new CopyWriter.Patch(startedOffset, startedBytes));
            return new CopiedFile(file.name(), file.bytes(), crc);
        }
    }
}
