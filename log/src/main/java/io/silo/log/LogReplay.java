package io.silo.log;

import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Hands over every record of a recovered log and fills the index of its cycles. One use, one thread. */
final class LogReplay {
    /** Records after which watchers are told how far it has come; a power of two. */
    private static final int PUBLISHED_EVERY = 4_096;

    private final CycleSource source;
    private final RecoveredLog recovered;
    private final Corruption corruption;
    private final ByteBuffer window;

    LogReplay(CycleSource source, LogIdentity identity, RecoveredLog recovered, ByteBuffer window) {
        this.source = source;
        this.recovered = recovered;
        this.window = window;
        corruption = new Corruption(source, identity);
    }

    /** Returns how many records were handed over. */
    long run(RetainedCycles cycles, RecordLayout layout, RecordHandler handler) {
        cycles.clear();
        long count = 0;
        List<CycleHeader> chain = recovered.chain();
        for (int i = 0; i < chain.size(); i++) {
            CycleHeader header = chain.get(i);
            CycleStarted successor = i + 1 < chain.size() ? chain.get(i + 1).requireStarted() : null;
            count += replayCycle(header, successor, cycles, cycles.add(new Cycle(header, layout)), handler);
        }
        return count;
    }

    private long replayCycle(
            CycleHeader header,
            @Nullable CycleStarted successor,
            RetainedCycles cycles,
            Cycle cycle,
            RecordHandler handler) {
        long end = successor == null ? recovered.endPosition() : successor.previousPosition();
        int endCrc = successor == null ? recovered.endCrc() : successor.previousCrc();
        long count = 0;
        try (CycleFile file = source.open(header.cycle())) {
            var records = new RecordCursor(file, header, window);
            while (records.position() < end) {
                if (records.next() != RecordCursor.Found.RECORD) {
                    throw corruption.exception(
                            LogErrorCode.RECORD_DAMAGED,
                            header.cycle(),
                            records.position() + 1,
                            records.nextOffset(),
                            "the record is unreadable, though the next cycle says that this one goes on to position "
                                    + end);
                }
                checkMark(header, records);
                cycle.add(records.recordOffset(), records.length());
                if ((records.position() & PUBLISHED_EVERY - 1) == 0) {
                    cycles.publish(records.position());
                }
                if (records.kind() == RecordLayout.KIND_EVENTS) {
                    records.deliver(handler);
                    count++;
                }
            }
            if (records.crc() != endCrc) {
                throw corruption.exception(
                        LogErrorCode.CYCLE_CHAIN_BROKEN,
                        header.cycle(),
                        end,
                        -1,
                        "the record is not the one that the next cycle was chained to");
            }
        }
        return count;
    }

    private void checkMark(CycleHeader header, RecordCursor records) {
        DurableMark mark = recovered.mark();
        if (mark != null
                && mark.cycle() == header.cycle()
                && mark.position() == records.position()
                && mark.crc() != records.crc()) {
            throw corruption.exception(
                    LogErrorCode.RECORD_DAMAGED,
                    header.cycle(),
                    records.position(),
                    records.recordOffset(),
                    "the record is not the one that the durable mark was made for");
        }
    }
}
