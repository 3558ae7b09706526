package io.silo.simulation.model;

import io.silo.protocol.limit.MessageHeaderEncoder;
import io.silo.protocol.limit.RateLimitEncoder;
import java.util.SplittableRandom;
import org.agrona.concurrent.UnsafeBuffer;

/** Rate limits of every kind, tight enough that tasks have to wait. */
final class RandomRates {
    private static final int[] FLAGS = {0, 0, 0, ModelRate.CALENDAR, ModelRate.RESET, ModelRate.DRAIN};

    private RandomRates() {}

    /** @param wrong whether one of the numbers makes no sense. */
    static byte[] details(SplittableRandom random, boolean wrong) {
        UnsafeBuffer buffer = new UnsafeBuffer(new byte[256]);
        int flags = FLAGS[random.nextInt(FLAGS.length)];
        boolean isCalendar = flags == ModelRate.CALENDAR;
        RateLimitEncoder rate = new RateLimitEncoder()
                .wrapAndApplyHeader(buffer, 0, new MessageHeaderEncoder())
                .hitsMax(1 + random.nextInt(4))
                .hits(wrong ? -1 : random.nextInt(8) == 0 ? 0 : 1 + random.nextInt(3))
                .durationMs(isCalendar ? random.nextInt(2) : 500 + random.nextInt(5_000))
                .burst(random.nextInt(4))
                .initialBackoffMs(random.nextInt(1_000))
                .maxBackoffMs(random.nextBoolean() ? 0 : 1_000 + random.nextInt(2_000))
                .backoffPermille(1_000 + random.nextInt(1_500))
                .maxRetries(random.nextInt(3))
                .flags(flags)
                .algorithm((short) random.nextInt(2))
                .name("rate" + random.nextInt(2));
        byte[] bytes = new byte[rate.limit()];
        buffer.getBytes(0, bytes);
        return bytes;
    }
}
