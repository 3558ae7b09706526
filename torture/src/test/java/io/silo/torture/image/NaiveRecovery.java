package io.silo.torture.image;

import io.silo.log.CycleDirectory;
import io.silo.log.EventLog;
import io.silo.log.EventLogContext;
import io.silo.torture.image.DiskMoment.Documents;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A recovery that trusts what it reads: it checks no CRC and no chain, and at most that positions are dense. */
final class NaiveRecovery implements Recovery {
    private static final int CYCLE_STARTED_BYTES = 88;

    private final boolean isPositionChecked;

    NaiveRecovery(boolean isPositionChecked) {
        this.isPositionChecked = isPositionChecked;
    }

    @Override
    public Found recover(Path directory, EventLogContext context) {
        var cycles = new CycleDirectory(directory);
        var found = new ArrayList<Written>();
        for (long cycle : cycles.cycles()) {
            Path file = cycles.cycleFile(cycle);
            if (file != null) {
                read(file, found);
            }
        }
        return new Found(found.isEmpty() ? 0 : found.get(0).position(), found);
    }

    private void read(Path file, List<Written> found) {
        byte[] bytes;
        try (var stream = Files.newInputStream(file)) {
            bytes = stream.readNBytes(2 * EventLog.RECORD_BYTES_MAX);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        List<Integer> starts = Documents.starts(bytes);
        if (starts.size() < 2 || Documents.length(bytes, starts.get(1)) != CYCLE_STARTED_BYTES) {
            return;
        }
        ByteBuffer view = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        long next = view.getLong(starts.get(1) + 4 + 24);
        long first = next;
        found.removeIf(record -> record.position() >= first);
        for (int at : starts.subList(2, starts.size())) {
            int record = at + 4;
            int length = Documents.length(bytes, at);
            long position = length < EventLog.HEADER_BYTES ? -1 : view.getLong(record + 24);
            if (length < EventLog.HEADER_BYTES || isPositionChecked && position != next) {
                return;
            }
            next = position + 1;
            if (view.getShort(record + 44) == 0) {
                found.add(new Written(
                        position,
                        view.getLong(record + 16),
                        view.getLong(record + 32),
                        view.getShort(record + 42) & 0xFFFF,
                        Arrays.copyOfRange(bytes, record + EventLog.HEADER_BYTES, record + length)));
            }
        }
    }
}
