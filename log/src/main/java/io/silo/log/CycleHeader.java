package io.silo.log;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What the first two documents of a cycle's file say.
 *
 * @param state how far they go.
 * @param preamble absent or damaged if null.
 * @param started absent or damaged if null.
 * @param recordsOffset file offset behind them, where records begin; where reading stopped if they are not both there.
 */
record CycleHeader(
        long cycle,
        State state,
        @Nullable CyclePreamble preamble,
        @Nullable CycleStarted started,
        long recordsOffset) {
    /** How far a cycle came. */
    enum State {
        /** No complete preamble: its creation never finished. */
        EMPTY,
        /** Created ahead, never started. */
        UNSTARTED,
        /** In use, or was. */
        STARTED,
        /** Something is there that is no preamble or no start. */
        DAMAGED,
        /** Written by a newer release. */
        FORMAT_UNKNOWN
    }

    static CycleHeader read(CycleFile file, long cycle, ByteBuffer window) {
        var cursor = new DocumentCursor(file, window);
        State empty = stateOf(cursor.next(), State.EMPTY);
        if (empty != null) {
            return new CycleHeader(cycle, empty, null, null, cursor.nextOffset());
        }
        if (!CyclePreamble.isFormatKnown(cursor.buffer(), cursor.index(), cursor.length())) {
            return new CycleHeader(cycle, State.FORMAT_UNKNOWN, null, null, 0);
        }
        CyclePreamble preamble = CyclePreamble.decode(cursor.buffer(), cursor.index(), cursor.length());
        if (preamble == null) {
            return new CycleHeader(cycle, State.DAMAGED, null, null, 0);
        }
        long afterPreamble = cursor.nextOffset();
        State unstarted = stateOf(cursor.next(), State.UNSTARTED);
        if (unstarted != null) {
            return new CycleHeader(cycle, unstarted, preamble, null, cursor.nextOffset());
        }
        CycleStarted started = CycleStarted.decode(cursor.buffer(), cursor.index(), cursor.length(), preamble);
        if (started == null) {
            return new CycleHeader(cycle, State.DAMAGED, preamble, null, afterPreamble);
        }
        return new CycleHeader(cycle, State.STARTED, preamble, started, cursor.nextOffset());
    }

    CyclePreamble requirePreamble() {
        if (preamble == null) {
            throw new IllegalStateException("cycle " + cycle + " has no preamble");
        }
        return preamble;
    }

    CycleStarted requireStarted() {
        if (started == null) {
            throw new IllegalStateException("cycle " + cycle + " was not started");
        }
        return started;
    }

    private static @Nullable State stateOf(DocumentCursor.Found found, State ifAbsent) {
        return switch (found) {
            case DOCUMENT -> null;
            case END, INCOMPLETE, FILE_END -> ifAbsent;
            case DAMAGED -> State.DAMAGED;
        };
    }
}
