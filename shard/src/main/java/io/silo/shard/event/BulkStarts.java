package io.silo.shard.event;

import io.silo.protocol.Bounds;
import io.silo.protocol.event.BulkStartedDecoder;
import io.silo.protocol.event.BulkStartedEncoder;
import io.silo.protocol.event.MessageHeaderDecoder;
import io.silo.protocol.event.MessageHeaderEncoder;
import io.silo.shard.state.BulkChange;
import io.silo.shard.state.JobFilter;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.agrona.DirectBuffer;

/** Writes and reads BulkStarted events: the start of a bulk change, or its image. One per user; shard thread only. */
public final class BulkStarts {
    /** The longest event: both names, a filter's metadata with its lengths, the fixed fields. */
    public static final int BYTES_MAX = 128
            + 4 * Bounds.TENANT_CHARACTERS_MAX
            + 4 * Bounds.TASK_GROUP_CHARACTERS_MAX
            + Bounds.FILTER_BYTES_MAX
            + 4 * Bounds.METADATA_ENTRIES_MAX;

    private final MessageHeaderEncoder encodedHeader = new MessageHeaderEncoder();
    private final BulkStartedEncoder encoder = new BulkStartedEncoder();
    private final MessageHeaderDecoder decodedHeader = new MessageHeaderDecoder();
    private final BulkStartedDecoder decoder = new BulkStartedDecoder();

    /** Appends the event to the record. */
    public void write(RecordBuffer record, BulkChange.Image bulk) {
        final BulkChange.Spec spec = bulk.spec();
        final JobFilter filter = spec.filter();
        encoder.wrapAndApplyHeader(record.buffer(), record.offset(), encodedHeader)
                .bulkKey(bulk.key())
                .requestIdHigh(spec.requestIdHigh())
                .requestIdLow(spec.requestIdLow())
                .startedAtMs(bulk.startedAtMs())
                .finishedAtMs(bulk.finishedAtMs())
                .changed(bulk.changed())
                .skipped(bulk.skipped())
                .minAgeMs(filter.minAgeMs())
                .statuses((short) filter.statuses())
                .verb(spec.verb())
                .dryRun((short) (spec.dryRun() ? 1 : 0));
        final SortedMap<String, String> metadata = filter.metadata();
        final BulkStartedEncoder.MetadataEncoder entries = encoder.metadataCount(metadata.size());
        for (Map.Entry<String, String> entry : metadata.entrySet()) {
            entries.next().key(entry.getKey()).value(entry.getValue());
        }
        encoder.tenant(filter.tenant()).taskGroup(filter.taskGroup());
        record.commit(encoder.limit());
    }

    BulkChange.Image read(DirectBuffer buffer, int offset) {
        decoder.wrapAndApplyHeader(buffer, offset, decodedHeader);
        final SortedMap<String, String> metadata = new TreeMap<>();
        for (BulkStartedDecoder.MetadataDecoder entry : decoder.metadata()) {
            final String key = entry.key();
            metadata.put(key, entry.value());
        }
        final String tenant = decoder.tenant();
        final String taskGroup = decoder.taskGroup();
        return new BulkChange.Image(
                decoder.bulkKey(),
                new BulkChange.Spec(
                        decoder.verb(),
                        decoder.dryRun() != 0,
                        new JobFilter(decoder.statuses(), decoder.minAgeMs(), tenant, taskGroup, metadata),
                        decoder.requestIdHigh(),
                        decoder.requestIdLow()),
                decoder.startedAtMs(),
                decoder.finishedAtMs(),
                decoder.changed(),
                decoder.skipped());
    }
}
