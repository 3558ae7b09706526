package io.silo.shard.command;

import io.silo.protocol.Bounds;
import io.silo.protocol.TextRules;
import io.silo.protocol.limit.FloatingLimitDecoder;
import io.silo.protocol.limit.MessageHeaderDecoder;
import io.silo.protocol.session.FrameCheck;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** Says whether the floating limits that a job names make sense. One per {@link JobSpec}; does not allocate. */
final class FloatingLimitChecks {
    private static final FrameCheck FRAMES = FrameCheck.ofLimits();

    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final FloatingLimitDecoder decoder = new FloatingLimitDecoder();
    private final UnsafeBuffer key = new UnsafeBuffer(0, 0);
    private final UnsafeBuffer value = new UnsafeBuffer(0, 0);
    private final UnsafeBuffer[] keys = new UnsafeBuffer[Bounds.LIMITS_MAX];
    private final boolean[] isKeyFloating = new boolean[Bounds.LIMITS_MAX];
    private int count;

    FloatingLimitChecks() {
        for (int i = 0; i < keys.length; i++) {
            keys[i] = new UnsafeBuffer(0, 0);
        }
    }

    /** The limits of another job follow. */
    void begin() {
        count = 0;
    }

    static boolean isFloating(DirectBuffer buffer, int offset, int length) {
        return length >= MessageHeaderDecoder.ENCODED_LENGTH
                && FrameCheck.templateId(buffer, offset) == FloatingLimitDecoder.TEMPLATE_ID;
    }

    /** Judges the key of a limit that is no rate limit: one key is not both fixed and floating in one job. */
    boolean isKeyGood(boolean isFloating, DirectBuffer buffer, int keyOffset, int keyLength) {
        for (int i = 0; i < count; i++) {
            if (isKeyFloating[i] != isFloating && NameChecks.equal(keys[i], buffer, keyOffset, keyLength)) {
                return false;
            }
        }
        if (count < keys.length) {
            keys[count].wrap(buffer, keyOffset, keyLength);
            isKeyFloating[count] = isFloating;
            count++;
        }
        return true;
    }

    /** Judges the details of one limit. */
    boolean isGood(DirectBuffer buffer, int offset, int length) {
        if (FRAMES.judge(buffer, offset, length) != null) {
            return false;
        }
        decoder.wrapAndApplyHeader(buffer, offset, header);
        if (decoder.refreshIntervalMs() < 0 || decoder.refreshIntervalMs() > Bounds.REFRESH_INTERVAL_MS_MAX) {
            return false;
        }
        final FloatingLimitDecoder.MetadataDecoder metadata = decoder.metadata();
        boolean isGood = metadata.count() <= Bounds.METADATA_ENTRIES_MAX;
        while (isGood && metadata.hasNext()) {
            metadata.next();
            metadata.wrapKey(key);
            metadata.wrapValue(value);
            final int keyCharacters = TextRules.charactersOfValue(key, 0, key.capacity());
            isGood = keyCharacters != TextRules.INVALID
                    && keyCharacters <= Bounds.METADATA_KEY_CHARACTERS_MAX
                    && TextRules.charactersOfValue(value, 0, value.capacity()) != TextRules.INVALID;
        }
        return isGood;
    }
}
