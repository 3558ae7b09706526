package io.silo.bench.load;

import io.silo.protocol.Bounds;
import io.silo.protocol.command.Durability;
import io.silo.protocol.command.EnqueueEncoder;
import io.silo.protocol.command.MessageHeaderEncoder;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * An Enqueue command that is encoded once; before each sending only the ids of its jobs change. An overload is to cost the server,
 * not the load. One thread; does not allocate after construction.
 */
final class EnqueueTemplate {
    private static final int ID_BYTES = 16;
    private static final int DIGIT_BITS = 4;
    private static final byte FIRST_DIGIT = 'a'; // 16 letters from here on, so that a digit is one addition

    private final UnsafeBuffer buffer = new UnsafeBuffer(new byte[Bounds.MESSAGE_BYTES_MAX]);
    private final int[] idOffsets;
    private final int length;

    EnqueueTemplate(int shard, Durability durability, byte[] tenant, byte[] taskGroup, byte[] payload, int jobs) {
        final EnqueueEncoder enqueue = new EnqueueEncoder();
        idOffsets = new int[jobs];
        enqueue.wrapAndApplyHeader(buffer, 0, new MessageHeaderEncoder());
        enqueue.header().shardEpoch(0).shard(shard).durability(durability);
        final EnqueueEncoder.ItemsEncoder items = enqueue.itemsCount(jobs);
        for (int i = 0; i < jobs; i++) {
            PlainJob.next(items);
            items.limitsCount(0);
            items.metadataCount(0);
            items.putTenant(tenant, 0, tenant.length).putTaskGroup(taskGroup, 0, taskGroup.length);
            idOffsets[i] = enqueue.limit() + EnqueueEncoder.ItemsEncoder.jobIdHeaderLength();
            items.putJobId(new byte[ID_BYTES], 0, ID_BYTES).uniqueKey("").putPayload(payload, 0, payload.length);
        }
        length = MessageHeaderEncoder.ENCODED_LENGTH + enqueue.encodedLength();
    }

    MutableDirectBuffer buffer() {
        return buffer;
    }

    int length() {
        return length;
    }

    int jobs() {
        return idOffsets.length;
    }

    /** Gives the jobs ids from the number on; the same numbers give the same ids. */
    void number(long first) {
        for (int i = 0; i < idOffsets.length; i++) {
            long rest = first + i;
            for (int digit = ID_BYTES - 1; digit >= 0; digit--) {
                buffer.putByte(idOffsets[i] + digit, (byte) (FIRST_DIGIT + (rest & 0xF)));
                rest >>>= DIGIT_BITS;
            }
        }
    }
}
