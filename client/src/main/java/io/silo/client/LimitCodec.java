package io.silo.client;

import io.silo.protocol.Bounds;
import io.silo.protocol.RejectReason;
import io.silo.protocol.limit.FloatingLimitDecoder;
import io.silo.protocol.limit.FloatingLimitEncoder;
import io.silo.protocol.limit.MessageHeaderDecoder;
import io.silo.protocol.limit.MessageHeaderEncoder;
import io.silo.protocol.limit.RateLimitDecoder;
import io.silo.protocol.limit.RateLimitEncoder;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/** Limits of a job as messages have them: a maximum, a key, and details unless it is one of concurrency. Stateless. */
final class LimitCodec {
    private static final byte[] NO_DETAILS = {};
    private static final int CALENDAR = 4;
    private static final int RESET = 8;
    private static final int DRAIN = 32;

    /** Headers and fixed part of the details. */
    private static final int DETAILS_BYTES =
            MessageHeaderEncoder.ENCODED_LENGTH + RateLimitEncoder.BLOCK_LENGTH + RateLimitEncoder.nameHeaderLength();

    /** Headers and fixed part of the details. */
    private static final int FLOATING_BYTES = MessageHeaderEncoder.ENCODED_LENGTH
            + FloatingLimitEncoder.BLOCK_LENGTH
            + FloatingLimitEncoder.MetadataEncoder.sbeHeaderSize();

    private static final int ENTRY_BYTES = 4;

    /** What the field holds. */
    private static final int DETAILS_BYTES_MAX = 65_534;

    private LimitCodec() {}

    /** Reads one entry of a reply. */
    interface DetailsReader {
        int getDetails(byte[] target, int offset, int length);
    }

    /** What of the limits no message can say; null if nothing. */
    static @Nullable RejectReason refusal(List<Limit> limits) {
        if (limits.size() > Bounds.LIMITS_MAX || limits.stream().anyMatch(LimitCodec::hasBadKey)) {
            return RejectReason.INVALID_JOB_LIMIT;
        }
        if (limits.stream().anyMatch(limit -> limit instanceof RateLimit rate && isUnencodable(rate))) {
            return RejectReason.INVALID_RATE_LIMIT;
        }
        return limits.stream().anyMatch(limit -> limit instanceof FloatingLimit floating && isUnencodable(floating))
                ? RejectReason.INVALID_FLOATING_LIMIT
                : null;
    }

    private static boolean hasBadKey(Limit limit) {
        return JobRequest.utf8Length(limit.key()) > JobRequest.TEXT_BYTES_MAX || maxConcurrency(limit) < 0;
    }

    private static boolean isUnencodable(RateLimit rate) {
        return JobRequest.utf8Length(rate.name()) > Bounds.RATE_LIMIT_NAME_BYTES_MAX
                || rate.maxRetries() < 0
                || !(rate.backoff() >= 0 && rate.backoff() <= Bounds.RETRY_BACKOFF_PERMILLE_MAX / 1_000.0);
    }

    private static boolean isUnencodable(FloatingLimit floating) {
        return detailsLength(floating) > DETAILS_BYTES_MAX;
    }

    static int maxConcurrency(Limit limit) {
        if (limit instanceof FloatingLimit floating) {
            return floating.defaultMax();
        }
        return limit instanceof ConcurrencyLimit concurrency ? concurrency.max() : 0;
    }

    /** Bytes of {@link #details}. */
    static int detailsLength(Limit limit) {
        if (limit instanceof FloatingLimit floating) {
            int length = FLOATING_BYTES;
            for (final Map.Entry<String, String> entry : floating.metadata().entrySet()) {
                length += ENTRY_BYTES + JobRequest.utf8Length(entry.getKey()) + JobRequest.utf8Length(entry.getValue());
            }
            return length;
        }
        return limit instanceof RateLimit rate ? DETAILS_BYTES + JobRequest.utf8Length(rate.name()) : 0;
    }

    static byte[] details(Limit limit) {
        if (limit instanceof FloatingLimit floating) {
            return details(floating);
        }
        if (!(limit instanceof RateLimit rate)) {
            return NO_DETAILS;
        }
        final byte[] details = new byte[detailsLength(limit)];
        final ChronoUnit unit = rate.calendar();
        new RateLimitEncoder()
                .wrapAndApplyHeader(new UnsafeBuffer(details), 0, new MessageHeaderEncoder())
                .hitsMax(rate.limit())
                .hits(rate.hits())
                .durationMs(unit == null ? rate.duration().toMillis() : RateLimit.CALENDAR_UNITS.indexOf(unit))
                .burst(rate.burst())
                .initialBackoffMs(rate.initialBackoff().toMillis())
                .maxBackoffMs(rate.maxBackoff().toMillis())
                .backoffPermille(Math.round(rate.backoff() * 1_000))
                .maxRetries(rate.maxRetries())
                .flags((unit == null ? 0 : CALENDAR) | (rate.reset() ? RESET : 0) | (rate.drain() ? DRAIN : 0))
                .algorithm((short) (rate.leaky() ? 1 : 0))
                .name(rate.name());
        return details;
    }

    private static byte[] details(FloatingLimit floating) {
        final byte[] details = new byte[detailsLength(floating)];
        final FloatingLimitEncoder.MetadataEncoder entries = new FloatingLimitEncoder()
                .wrapAndApplyHeader(new UnsafeBuffer(details), 0, new MessageHeaderEncoder())
                .refreshIntervalMs(floating.refreshInterval().toMillis())
                .metadataCount(floating.metadata().size());
        floating.metadata().forEach((key, value) -> entries.next().key(key).value(value));
        return details;
    }

    private static FloatingLimit floating(String key, long max, UnsafeBuffer details) {
        final FloatingLimitDecoder floating =
                new FloatingLimitDecoder().wrapAndApplyHeader(details, 0, new MessageHeaderDecoder());
        final Duration interval = Duration.ofMillis(floating.refreshIntervalMs());
        final Map<String, String> metadata = new LinkedHashMap<>();
        for (final FloatingLimitDecoder.MetadataDecoder entry : floating.metadata()) {
            metadata.put(entry.key(), entry.value());
        }
        return new FloatingLimit(key, (int) max, interval, metadata);
    }

    /** Reads a limit of a reply, whose key was read before. */
    static Limit decode(String key, long max, int detailsLength, DetailsReader reader) {
        final byte[] details = new byte[detailsLength];
        reader.getDetails(details, 0, detailsLength);
        if (detailsLength == 0) {
            return new ConcurrencyLimit(key, (int) max);
        }
        final UnsafeBuffer buffer = new UnsafeBuffer(details);
        if (new MessageHeaderDecoder().wrap(buffer, 0).templateId() == FloatingLimitDecoder.TEMPLATE_ID) {
            return floating(key, max, buffer);
        }
        final RateLimitDecoder rate = new RateLimitDecoder().wrapAndApplyHeader(buffer, 0, new MessageHeaderDecoder());
        final long flags = rate.flags();
        final boolean isCalendar = (flags & CALENDAR) != 0;
        return new RateLimit(
                rate.name(),
                key,
                rate.hitsMax(),
                isCalendar ? Duration.ZERO : Duration.ofMillis(rate.durationMs()),
                isCalendar ? RateLimit.CALENDAR_UNITS.get((int) rate.durationMs()) : null,
                rate.hits(),
                rate.algorithm() != 0,
                rate.burst(),
                (flags & RESET) != 0,
                (flags & DRAIN) != 0,
                (int) rate.maxRetries(),
                Duration.ofMillis(rate.initialBackoffMs()),
                Duration.ofMillis(rate.maxBackoffMs()),
                rate.backoffPermille() / 1_000.0);
    }
}
