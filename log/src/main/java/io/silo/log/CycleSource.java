package io.silo.log;

import java.nio.ByteBuffer;

/** Where cycles are read from: the part of {@link CycleStore} that never writes, and all that recovery and verification see. */
public interface CycleSource {
    /** What the operator calls this log, usually its directory. Used in sentences. */
    String name();

    /** Numbers of the cycles that are there, ascending. */
    long[] cycles();

    /**
     * Opens a cycle for reading.
     *
     * @throws LogException STORE_FAILED if it cannot be opened.
     */
    CycleFile open(long cycle);

    /**
     * Reads the bytes of a mark slot (0 or 1) into {@code target}.
     *
     * @return bytes read; 0 if there is no mark.
     */
    int readMark(int slot, ByteBuffer target);
}
