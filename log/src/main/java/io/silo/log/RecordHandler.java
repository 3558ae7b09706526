package io.silo.log;

import org.agrona.DirectBuffer;

/** Takes records of a log in order of position. */
public interface RecordHandler {
    /**
     * Takes one record.
     *
     * @param position grows from call to call, not always by one: records of the log's own take positions too.
     * @param shardEpoch under which it was appended.
     * @param timeMs as given to the append.
     * @param eventCount as given to the append.
     * @param buffer holds the record; valid during the call only.
     * @param offset of the first event, behind the header.
     * @param length of the events.
     */
    void onRecord(
            long position, long shardEpoch, long timeMs, int eventCount, DirectBuffer buffer, int offset, int length);
}
