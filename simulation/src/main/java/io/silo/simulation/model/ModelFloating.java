package io.silo.simulation.model;

import io.silo.protocol.Bounds;
import io.silo.protocol.limit.FloatingLimitDecoder;
import io.silo.protocol.limit.MessageHeaderDecoder;
import io.silo.protocol.session.FrameCheck;
import java.util.ArrayList;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What a job says of a floating limit.
 *
 * @param metadata keys and values in turn.
 */
record ModelFloating(long intervalMs, List<String> metadata) {
    private static final FrameCheck FRAMES = FrameCheck.ofLimits();
    private static final int TEMPLATE_ID_OFFSET = 2;

    /** What is known of a key. */
    record Finding(long max, long intervalMs, long refreshedAtMs, long retryAtMs, long failures, String errorCode) {
        /** No maximum was found out yet. */
        static final long NONE = -1;

        private static final long INTERVAL_MS_MIN = 100;

        long dueMs() {
            final long nextMs = refreshedAtMs == 0 ? 0 : refreshedAtMs + Math.max(INTERVAL_MS_MIN, intervalMs);
            return Math.max(nextMs, retryAtMs);
        }
    }

    static boolean isFloating(String details) {
        return details.length() >= MessageHeaderDecoder.ENCODED_LENGTH
                && details.charAt(TEMPLATE_ID_OFFSET) == FloatingLimitDecoder.TEMPLATE_ID
                && details.charAt(TEMPLATE_ID_OFFSET + 1) == 0;
    }

    static @Nullable ModelFloating decode(String details) {
        final UnsafeBuffer buffer = new UnsafeBuffer(Text.bytes(details));
        if (FRAMES.judge(buffer, 0, buffer.capacity()) != null) {
            return null;
        }
        final FloatingLimitDecoder d =
                new FloatingLimitDecoder().wrapAndApplyHeader(buffer, 0, new MessageHeaderDecoder());
        final List<String> metadata = new ArrayList<>();
        final long intervalMs = d.refreshIntervalMs();
        for (FloatingLimitDecoder.MetadataDecoder entry : d.metadata()) {
            metadata.add(Text.of(entry.keyLength(), entry::getKey));
            metadata.add(Text.of(entry.valueLength(), entry::getValue));
        }
        return new ModelFloating(intervalMs, metadata);
    }

    boolean isGood() {
        return intervalMs >= 0
                && intervalMs <= Bounds.REFRESH_INTERVAL_MS_MAX
                && metadata.size() <= 2 * Bounds.METADATA_ENTRIES_MAX;
    }
}
