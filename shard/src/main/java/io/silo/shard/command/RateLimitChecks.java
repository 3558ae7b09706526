package io.silo.shard.command;

import io.silo.protocol.Bounds;
import io.silo.protocol.limit.MessageHeaderDecoder;
import io.silo.protocol.limit.RateLimitDecoder;
import io.silo.protocol.session.FrameCheck;
import io.silo.shard.state.CalendarUnit;
import io.silo.shard.state.RateTerms;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** Says whether the rate limits that a job names make sense. One per {@link JobSpec}; does not allocate. */
final class RateLimitChecks {
    private static final FrameCheck FRAMES = FrameCheck.ofLimits();

    /** Flags that no bucket here knows mean something to a rate limit service elsewhere. */
    private static final long FLAGS_MAX = 255;

    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final RateLimitDecoder decoder = new RateLimitDecoder();
    private final UnsafeBuffer[] seen = new UnsafeBuffer[2 * Bounds.LIMITS_MAX];
    private int count;

    RateLimitChecks() {
        for (int i = 0; i < seen.length; i++) {
            seen[i] = new UnsafeBuffer(0, 0);
        }
    }

    /** The limits of another job follow. */
    void begin() {
        count = 0;
    }

    /** Judges the details of one limit; the same bucket twice in one job is nonsense. */
    boolean isGood(DirectBuffer buffer, int keyOffset, int keyLength, int offset, int length) {
        if (FRAMES.judge(buffer, offset, length) != null || count == seen.length) {
            return false;
        }
        decoder.wrapAndApplyHeader(buffer, offset, header);
        final boolean isCalendar = (decoder.flags() & RateTerms.CALENDAR) != 0;
        final boolean isDurationGood = isCalendar
                ? decoder.durationMs() >= 0 && decoder.durationMs() < CalendarUnit.COUNT
                : decoder.durationMs() >= 1 && decoder.durationMs() <= Bounds.RATE_DURATION_MS_MAX;
        final boolean isGood = isCount(decoder.hitsMax())
                && isCount(decoder.hits())
                && isCount(decoder.burst())
                && isDurationGood
                && isDelay(decoder.initialBackoffMs())
                && isDelay(decoder.maxBackoffMs())
                && (decoder.maxBackoffMs() == 0 || decoder.maxBackoffMs() >= decoder.initialBackoffMs())
                && decoder.backoffPermille() >= 1_000
                && decoder.backoffPermille() <= Bounds.RETRY_BACKOFF_PERMILLE_MAX
                && decoder.maxRetries() <= Bounds.RETRY_COUNT_MAX
                && decoder.flags() <= FLAGS_MAX
                && decoder.algorithm() <= 1;
        final int nameLength = decoder.nameLength();
        final int nameOffset = decoder.limit() + RateLimitDecoder.nameHeaderLength();
        return isGood
                && NameChecks.isRateLimitName(buffer, nameOffset, nameLength)
                && isNew(buffer, nameOffset, nameLength, keyOffset, keyLength);
    }

    private static boolean isCount(long hits) {
        return hits >= 0 && hits <= Bounds.RATE_HITS_MAX;
    }

    private static boolean isDelay(long ms) {
        return ms >= 0 && ms <= Bounds.RETRY_INTERVAL_MS_MAX;
    }

    private boolean isNew(DirectBuffer buffer, int nameOffset, int nameLength, int keyOffset, int keyLength) {
        for (int i = 0; i < count; i += 2) {
            if (NameChecks.equal(seen[i], buffer, nameOffset, nameLength)
                    && NameChecks.equal(seen[i + 1], buffer, keyOffset, keyLength)) {
                return false;
            }
        }
        seen[count].wrap(buffer, nameOffset, nameLength);
        seen[count + 1].wrap(buffer, keyOffset, keyLength);
        count += 2;
        return true;
    }
}
