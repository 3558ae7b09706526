package io.silo.log;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * Makes a log of nothing out of whatever a directory holds: cycles, archive, mark, and anything else. Nobody may have the log open.
 * Stateless.
 *
 * <p>A crash on the way leaves what no opening takes for a sound log, or for one as new as it was: whoever calls this has noted before,
 * durably, that the directory is to be emptied, and calls it again.
 */
public final class EmptyLog {
    private EmptyLog() {}

    /**
     * Deletes what is there and writes the mark of a log without a record; durable on return.
     *
     * @param directory that is there.
     * @param epochFloor what is opened there afterwards has a higher epoch.
     * @param faults at {@code empty.unmarked}, at {@code empty.deleting} after each file, at {@code empty.deleted} and
     *     {@code empty.marked}.
     * @throws LogException STORE_FAILED if something cannot be deleted or written.
     */
    public static void make(Path directory, long epochFloor, FaultPlan faults) {
        try {
            // First of all: some cycles without a mark are damage, some cycles with one might be a log.
            Files.deleteIfExists(new CycleDirectory(directory).markPath());
            CopyWriter.syncDirectory(directory);
            faults.at("empty.unmarked");
            deleteContents(directory, faults);
            // The names are gone for good before the mark stands: none of the old files may come back beside it.
            CopyWriter.syncDirectory(directory);
            faults.at("empty.deleted");
        } catch (IOException e) {
            throw CopyWriter.failed("empty", directory, e);
        }
        new CopyWriter(directory)
                .finish(new DurableMark(1, DurableMark.NO_CYCLE, EventLog.NULL_POSITION, 0, epochFloor, 0, false));
        faults.at("empty.marked");
    }

    /** Follows no link out of the directory. What vanishes meanwhile, as what a log lets go of does, is gone all the same. */
    private static void deleteContents(Path directory, FaultPlan faults) throws IOException {
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
            for (Path entry : entries) {
                if (Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS)) {
                    deleteContents(entry, faults);
                }
                Files.deleteIfExists(entry);
                faults.at("empty.deleting");
            }
        } catch (NoSuchFileException gone) {
            // as above
        }
    }
}
