package io.silo.log;

import static io.silo.log.LogErrorCode.CYCLE_CHAIN_BROKEN;
import static io.silo.log.LogErrorCode.CYCLE_FOREIGN;
import static io.silo.log.LogErrorCode.CYCLE_IDENTITY_DAMAGED;
import static io.silo.log.LogErrorCode.CYCLE_MISSING;
import static io.silo.log.LogErrorCode.FORMAT_UNKNOWN;
import static io.silo.log.LogErrorCode.MARK_DAMAGED;
import static io.silo.log.LogErrorCode.RECORD_DAMAGED;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Judges a log that is not open: which cycles make it up, where it ends, and whether what lies behind the end is a torn tail, never
 * acknowledged as durable, or corruption. Changes nothing. One use, one thread.
 *
 * <p>The newest started cycle names its predecessor, that one its own, and so on down to the first retained cycle. The end of every
 * cycle but the newest is stated by its successor; the newest is walked to its end. What remains undetectable is written down in
 * {@code docs/decisions/0002-torn-tail-or-corruption.md}.
 */
final class LogRecovery {
    /** Stands for a log that was not closed: less than every position and than none. */
    private static final long NO_CLEAN_END = Long.MIN_VALUE;

    private final CycleSource source;
    private final LogIdentity identity;
    private final EventLogContext context;
    private final Corruption corruption;
    private final ByteBuffer window;
    private final TreeMap<Long, CycleHeader> headers = new TreeMap<>();
    private @Nullable DurableMark mark;
    private long endPosition = EventLog.NULL_POSITION;
    private int endCrc;
    private @Nullable String cutOff;

    LogRecovery(CycleSource source, LogIdentity identity, EventLogContext context, ByteBuffer window) {
        this.source = source;
        this.identity = identity;
        this.context = context;
        this.window = window;
        corruption = new Corruption(source, identity);
    }

    /**
     * @throws LogException with a code that {@link LogErrorCode#isCorruption()}, or STORE_FAILED.
     */
    RecoveredLog run() {
        readHeaders();
        mark = DurableMark.read(source);
        CycleHeader newest = newestStarted();
        checkMarkAgainst(newest);
        List<CycleHeader> chain = newest == null ? List.of() : chainFrom(newest);
        if (newest != null) {
            checkMarkIsInChain(chain);
            judgeTail(newest);
        }
        return new RecoveredLog(
                mark, chain, deadCycles(chain), endPosition, endCrc, highestEpoch(), highestCycle(), cutOff);
    }

    private void readHeaders() {
        for (long cycle : source.cycles()) {
            try (CycleFile file = source.open(cycle)) {
                CycleHeader header = CycleHeader.read(file, cycle, window);
                checkIdentity(header);
                headers.put(cycle, header);
            }
        }
    }

    private void checkIdentity(CycleHeader header) {
        if (header.state() == CycleHeader.State.FORMAT_UNKNOWN) {
            throw corruption.exception(
                    FORMAT_UNKNOWN, header.cycle(), -1, -1, "it was written in a newer format than this release knows");
        }
        CyclePreamble preamble = header.preamble();
        if (preamble == null) {
            return;
        }
        if (!preamble.identity().equals(identity)) {
            throw corruption.exception(
                    CYCLE_FOREIGN,
                    header.cycle(),
                    -1,
                    -1,
                    "the file belongs to shard " + preamble.identity().shardName() + " of cluster "
                            + preamble.identity().clusterName());
        }
        if (preamble.cycle() != header.cycle()) {
            throw corruption.exception(
                    CYCLE_FOREIGN, header.cycle(), -1, -1, "the file is that of cycle " + preamble.cycle());
        }
    }

    private @Nullable CycleHeader newestStarted() {
        for (CycleHeader header : headers.descendingMap().values()) {
            if (header.state() == CycleHeader.State.STARTED) {
                return header;
            }
        }
        return null;
    }

    private void checkMarkAgainst(@Nullable CycleHeader newest) {
        if (mark == null) {
            if (isAnyWritten()) {
                throw corruption.exception(MARK_DAMAGED, -1, -1, -1, "its durable mark is missing or unreadable");
            }
            return;
        }
        if (mark.cycle() != DurableMark.NO_CYCLE && (newest == null || mark.cycle() > newest.cycle())) {
            throw missingOrDamaged(mark.cycle(), "the durable mark");
        }
    }

    /** The mark is durable before the first cycle is created, so that a log without one has no cycle worth anything. */
    private boolean isAnyWritten() {
        for (CycleHeader header : headers.values()) {
            if (header.state() == CycleHeader.State.STARTED || header.state() == CycleHeader.State.DAMAGED) {
                return true;
            }
        }
        return false;
    }

    private LogException missingOrDamaged(long cycle, String by) {
        CycleHeader header = headers.get(cycle);
        if (header == null) {
            return corruption.exception(
                    CYCLE_MISSING, cycle, -1, -1, "the cycle is missing, though " + by + " names it");
        }
        return corruption.exception(
                CYCLE_IDENTITY_DAMAGED,
                cycle,
                -1,
                -1,
                "the cycle's identity is unreadable, though " + by + " names it");
    }

    private List<CycleHeader> chainFrom(CycleHeader newest) {
        long firstCycle = mark == null ? 0 : mark.firstCycle();
        var chain = new ArrayDeque<CycleHeader>();
        CycleHeader at = newest;
        chain.addFirst(at);
        while (true) {
            CycleStarted started = at.requireStarted();
            long previous = started.previousCycle();
            if (previous == DurableMark.NO_CYCLE || previous < firstCycle) {
                break;
            }
            CycleHeader before = headers.get(previous);
            // [SILO-LOG-REC-3]
            if (before == null || before.state() != CycleHeader.State.STARTED) {
                throw missingOrDamaged(previous, "cycle " + at.cycle());
            }
            checkLink(before, at);
            checkNoneBetween(before, at);
            at = before;
            chain.addFirst(at);
        }
        return new ArrayList<>(chain);
    }

    private void checkLink(CycleHeader before, CycleHeader after) {
        CycleStarted earlier = before.requireStarted();
        CycleStarted later = after.requireStarted();
        boolean epochFits = later.reason() == CycleStarted.Reason.ROLLED
                ? later.epoch() == earlier.epoch()
                : later.epoch() > earlier.epoch();
        if (before.cycle() >= after.cycle()
                || !epochFits
                || later.firstPosition() != later.previousPosition() + 1
                || later.firstPosition() < earlier.firstPosition()) {
            throw corruption.exception(
                    CYCLE_CHAIN_BROKEN,
                    after.cycle(),
                    later.firstPosition(),
                    -1,
                    "it cannot follow cycle " + before.cycle() + " (epochs " + earlier.epoch() + " and " + later.epoch()
                            + ", first positions " + earlier.firstPosition() + " and " + later.firstPosition() + ")");
        }
    }

    /** Only a truncation leaves started cycles out of the chain. */
    private void checkNoneBetween(CycleHeader before, CycleHeader after) {
        if (after.requireStarted().reason() == CycleStarted.Reason.TRUNCATED) {
            return;
        }
        for (CycleHeader header :
                headers.subMap(before.cycle(), false, after.cycle(), false).values()) {
            if (header.state() == CycleHeader.State.STARTED) {
                throw corruption.exception(
                        CYCLE_CHAIN_BROKEN,
                        header.cycle(),
                        header.requireStarted().firstPosition(),
                        -1,
                        "cycles " + header.cycle() + " and " + after.cycle() + " cannot both belong to the log");
            }
        }
    }

    private void checkMarkIsInChain(List<CycleHeader> chain) {
        DurableMark known = mark;
        if (known == null || known.cycle() == DurableMark.NO_CYCLE) {
            return;
        }
        for (CycleHeader header : chain) {
            if (header.cycle() == known.cycle()) {
                checkMarkPosition(known, chain);
                return;
            }
        }
        if (!isTruncatedAbove(chain, known.cycle())) {
            throw missingOrDamaged(known.cycle(), "the durable mark");
        }
        mark = new DurableMark(
                known.sequence(),
                DurableMark.NO_CYCLE,
                EventLog.NULL_POSITION,
                0,
                known.epoch(),
                known.firstCycle(),
                false);
    }

    /** A cycle that is not the newest ends where its successor says; the mark must not reach further. */
    private void checkMarkPosition(DurableMark known, List<CycleHeader> chain) {
        for (int i = 1; i < chain.size(); i++) {
            CycleStarted next = chain.get(i).requireStarted();
            if (chain.get(i - 1).cycle() != known.cycle()) {
                continue;
            }
            if (known.position() > next.previousPosition()) {
                if (next.reason() == CycleStarted.Reason.TRUNCATED) {
                    mark = new DurableMark(
                            known.sequence(),
                            known.cycle(),
                            next.previousPosition(),
                            next.previousCrc(),
                            known.epoch(),
                            known.firstCycle(),
                            false);
                    return;
                }
                throw corruption.exception(
                        CYCLE_CHAIN_BROKEN,
                        known.cycle(),
                        known.position(),
                        -1,
                        "the durable mark lies behind the end that cycle "
                                + chain.get(i).cycle() + " states, which is position " + next.previousPosition());
            }
        }
    }

    private static boolean isTruncatedAbove(List<CycleHeader> chain, long cycle) {
        for (CycleHeader header : chain) {
            if (header.cycle() > cycle && header.requireStarted().reason() == CycleStarted.Reason.TRUNCATED) {
                return true;
            }
        }
        return false;
    }

    private void judgeTail(CycleHeader newest) {
        try (CycleFile file = source.open(newest.cycle())) {
            DurableMark claim = mark != null && mark.cycle() == newest.cycle() ? mark : null;
            var records = new RecordCursor(file, newest, window);
            long cleanEnd = claim != null && claim.clean() ? claim.position() : NO_CLEAN_END;
            long nextCycle = DurableMark.NO_CYCLE;
            RecordCursor.Found found = RecordCursor.Found.RECORD;
            checkClaimedCrc(claim, newest, records);
            // [SILO-LOG-REC-1]
            while (records.position() != cleanEnd && (found = records.next()) == RecordCursor.Found.RECORD) {
                checkClaimedCrc(claim, newest, records);
                if (records.kind() == RecordLayout.KIND_CYCLE_CLOSED) {
                    nextCycle = RecordLayout.nextCycle(records.buffer(), records.index());
                    break;
                }
            }
            endPosition = records.position();
            endCrc = records.crc();
            // [SILO-LOG-REC-2]
            if (claim != null && claim.position() > endPosition) {
                throw corruption.exception(
                        RECORD_DAMAGED,
                        newest.cycle(),
                        endPosition + 1,
                        records.nextOffset(),
                        "the record is unreadable, though the durable mark says that the log was durable to position "
                                + claim.position());
            }
            if (nextCycle != DurableMark.NO_CYCLE) {
                judgeSuccessor(newest, nextCycle);
            } else if (cleanEnd == NO_CLEAN_END) {
                judgeBehindEnd(file, newest, records, found);
            }
        }
    }

    private void checkClaimedCrc(@Nullable DurableMark claim, CycleHeader newest, RecordCursor records) {
        if (claim != null && claim.position() == records.position() && claim.crc() != records.crc()) {
            throw corruption.exception(
                    RECORD_DAMAGED,
                    newest.cycle(),
                    records.position(),
                    -1,
                    "the record is not the one that the durable mark was made for");
        }
    }

    /** The log was rolled: the next cycle was durably created before the record that says so, and may or may not have been started. */
    private void judgeSuccessor(CycleHeader newest, long nextCycle) {
        CycleHeader next = headers.get(nextCycle);
        if (next == null || next.preamble() == null) {
            throw missingOrDamaged(nextCycle, "the last record of cycle " + newest.cycle());
        }
        try (CycleFile file = source.open(nextCycle)) {
            var scan = new TailScan(file);
            if (isSameBoot(newest)) {
                RecordCursor.Found found =
                        next.state() == CycleHeader.State.DAMAGED ? RecordCursor.Found.DAMAGED : RecordCursor.Found.END;
                if (checkOnlyCutShort(scan, nextCycle, next.recordsOffset(), found)) {
                    cutOff(nextCycle, next.recordsOffset());
                }
            } else {
                long claim = scan.highestClaim(next.recordsOffset(), next.requirePreamble(), endPosition, window);
                checkClaim(claim, nextCycle, next.recordsOffset());
                if (scan.firstNonZero(next.recordsOffset()) >= 0) {
                    cutOff(nextCycle, next.recordsOffset());
                }
            }
        }
    }

    private void judgeBehindEnd(CycleFile file, CycleHeader newest, RecordCursor records, RecordCursor.Found found) {
        var scan = new TailScan(file);
        long offset = records.nextOffset();
        if (isSameBoot(newest)) {
            if (checkOnlyCutShort(scan, newest.cycle(), offset, found)) {
                cutOff(newest.cycle(), offset);
            }
            return;
        }
        checkClaim(scan.highestClaim(offset, newest.requirePreamble(), endPosition, window), newest.cycle(), offset);
        if (scan.firstNonZero(offset) >= 0) {
            cutOff(newest.cycle(), offset);
        }
    }

    /**
     * On the boot that wrote it the page cache is whole. Its writer was killed in a write at worst, which leaves the beginning of what it
     * wrote: the last document may be cut short, and only zeros lie behind the cut.
     *
     * @return whether there was such a document.
     */
    private boolean checkOnlyCutShort(TailScan scan, long cycle, long offset, RecordCursor.Found found) {
        long stray = scan.firstNonZero(offset);
        if (found == RecordCursor.Found.END && stray < 0) {
            return false;
        }
        if (found == RecordCursor.Found.DAMAGED && scan.isCutShort(offset)) {
            return true;
        }
        throw corruption.exception(
                RECORD_DAMAGED,
                cycle,
                endPosition + 1,
                offset,
                found == RecordCursor.Found.END
                        ? "the record is missing, though there is something behind it at file offset " + stray
                                + ", and the machine was not restarted since it was written"
                        : "the record is damaged, and the machine was not restarted since it was written");
    }

    private void checkClaim(long claim, long cycle, long offset) {
        // [SILO-LOG-REC-4]
        if (claim > endPosition) {
            throw corruption.exception(
                    RECORD_DAMAGED,
                    cycle,
                    endPosition + 1,
                    offset,
                    claim == TailScan.CLAIM_UNKNOWN
                            ? "the record is unreadable, and too much behind it looks like records to judge it"
                            : "the record is unreadable, though a later one says that the log was durable to position "
                                    + claim);
        }
    }

    private void cutOff(long cycle, long offset) {
        cutOff = "The log of shard " + identity.shardName() + " ends at position " + endPosition
                + "; what lies behind it in cycle " + cycle + " at file offset " + offset
                + " was never durable and is cut off.";
    }

    private boolean isSameBoot(CycleHeader header) {
        CycleStarted started = header.requireStarted();
        return started.bootIdHigh() == context.bootIdHigh() && started.bootIdLow() == context.bootIdLow();
    }

    private List<Long> deadCycles(List<CycleHeader> chain) {
        var dead = new ArrayList<Long>();
        for (CycleHeader header : headers.values()) {
            if (!chain.contains(header)) {
                dead.add(header.cycle());
            }
        }
        return dead;
    }

    private long highestEpoch() {
        long highest = mark == null ? 0 : mark.epoch();
        for (CycleHeader header : headers.values()) {
            if (header.started() != null) {
                highest = Math.max(highest, header.started().epoch());
            }
        }
        return highest;
    }

    private long highestCycle() {
        long highest = headers.isEmpty() ? DurableMark.NO_CYCLE : headers.lastKey();
        return mark == null ? highest : Math.max(highest, mark.cycle());
    }
}
