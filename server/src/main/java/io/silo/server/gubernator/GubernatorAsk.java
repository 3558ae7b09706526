package io.silo.server.gubernator;

import io.silo.shard.rate.RateAnswer;
import io.silo.shard.rate.RateQuestion;
import java.nio.charset.StandardCharsets;
import org.agrona.DirectBuffer;

/**
 * One question on its way to Gubernator and back. Reused; owned by the shard's thread, then by the sender's, then by one of gRPC's, and
 * again by the shard's; the queues between them publish it.
 */
final class GubernatorAsk {
    private static final byte[] ESCAPED_SLASH = "%2F".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] ESCAPED_PERCENT = "%25".getBytes(StandardCharsets.US_ASCII);
    private static final int NAME_BYTES_MIN = 64;

    final GubernatorPort port;
    long askId;
    byte[] name = new byte[NAME_BYTES_MIN];
    int nameLength;
    byte[] key = new byte[NAME_BYTES_MIN];
    int keyLength;
    long hits;
    long limit;
    long duration;
    long burst;
    int behavior;
    int algorithm;

    /** When the shard asked, by {@link System#nanoTime}. */
    long askedNs;

    RateAnswer answer = RateAnswer.ERROR;
    long resetAtMs;

    GubernatorAsk(GubernatorPort port) {
        this.port = port;
    }

    /**
     * Copies a question. Gubernator knows no tenants: the name it gets is the tenant, a slash and the limit's name. A slash within the
     * tenant is escaped, as in a URL; so no tenant can name another's bucket, whatever its limits are called.
     */
    void set(long id, RateQuestion question, long nowNs) {
        askId = id;
        askedNs = nowNs;
        final DirectBuffer tenant = question.tenant();
        final int nameBytes = question.name().capacity();
        final int nameBytesMax = ESCAPED_SLASH.length * tenant.capacity() + 1 + nameBytes;
        if (name.length < nameBytesMax) {
            name = new byte[nameBytesMax];
        }
        int at = 0;
        for (int i = 0; i < tenant.capacity(); i++) {
            final byte character = tenant.getByte(i);
            if (character == '/' || character == '%') {
                final byte[] escaped = character == '/' ? ESCAPED_SLASH : ESCAPED_PERCENT;
                System.arraycopy(escaped, 0, name, at, escaped.length);
                at += escaped.length;
            } else {
                name[at++] = character;
            }
        }
        name[at++] = '/';
        question.name().getBytes(0, name, at, nameBytes);
        nameLength = at + nameBytes;
        keyLength = question.key().capacity();
        if (key.length < keyLength) {
            key = new byte[keyLength];
        }
        question.key().getBytes(0, key, 0, keyLength);
        hits = question.hits();
        limit = question.hitsMax();
        duration = question.durationMs();
        burst = question.burst();
        behavior = question.flags();
        algorithm = question.isLeaky() ? 1 : 0;
    }

    /** Gives the question back to its shard with an answer. */
    void answer(RateAnswer given, long resetMs) {
        answer = given;
        resetAtMs = resetMs;
        port.onAnswered(this);
    }
}
