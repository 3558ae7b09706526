package io.silo.log;

/** What the free space of the log's disk allows. */
public enum DiskState {
    /** Everything. */
    OK,
    /** Below the watermark: no new work (enqueue, import, schedule firings, results over 64 KiB); the rest goes on in the reserve. */
    LOW,
    /** At the hard floor: reads only. */
    FLOOR
}
