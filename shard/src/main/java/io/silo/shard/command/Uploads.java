package io.silo.shard.command;

import io.silo.log.EventLog;
import java.nio.ByteBuffer;
import java.util.function.Predicate;
import java.util.zip.CRC32C;
import org.agrona.collections.Long2LongCounterMap;
import org.agrona.collections.Long2ObjectHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Uploads under way: their parts are in the log, here stands only how far each has come. Volatile: after a restart or a lost
 * session a client uploads again. Shard thread only.
 */
public final class Uploads {
    /** Uploads of one shard at a time: each costs about 200 bytes here, its parts lie in the log. */
    public static final int UPLOADS_MAX = 4_096;

    /** Of one session: a sixteenth, so that no client keeps the others from uploading. */
    public static final int UPLOADS_PER_SESSION_MAX = 256;

    /** A client that sent no part for so long, and needs the room, has given the upload up: it sends it again under another id. */
    static final long IDLE_MS_MAX = 60_000;

    /** An upload keeps the cycles that hold its parts for so long. A client that takes longer sends it again under another id. */
    static final long KEPT_MS_MAX = 60_000;

    /** One upload. */
    public static final class Upload {
        final long sessionId;
        final long uploadId;
        final int totalBytes;
        private final CRC32C crc32c = new CRC32C();
        int receivedBytes;
        final long begunAtMs;
        long movedAtMs;
        long firstPosition = EventLog.NULL_POSITION;
        long lastPosition = EventLog.NULL_POSITION;

        Upload(long sessionId, long uploadId, int totalBytes, long begunAtMs) {
            this.sessionId = sessionId;
            this.uploadId = uploadId;
            this.totalBytes = totalBytes;
            this.begunAtMs = begunAtMs;
            this.movedAtMs = begunAtMs;
        }

        void received(ByteBuffer part, long position, long nowMs) {
            movedAtMs = nowMs;
            receivedBytes += part.remaining();
            crc32c.update(part);
            firstPosition = firstPosition == EventLog.NULL_POSITION ? position : firstPosition;
            lastPosition = position;
        }

        boolean isComplete() {
            return receivedBytes == totalBytes;
        }

        int crc() {
            return (int) crc32c.getValue();
        }
    }

    private final Long2ObjectHashMap<Upload> byId = new Long2ObjectHashMap<>();
    private final Long2LongCounterMap countBySession = new Long2LongCounterMap(0);

    /** The upload of this session, or null. Upload ids are random: two sessions that draw one id would both be refused. */
    @Nullable
    Upload find(long sessionId, long uploadId) {
        final Upload upload = byId.get(uploadId);
        return upload != null && upload.sessionId == sessionId ? upload : null;
    }

    /** Begins an upload, or null at a bound or when the id is taken. */
    @Nullable
    Upload begin(long sessionId, long uploadId, int totalBytes, long nowMs) {
        if (countBySession.get(sessionId) >= UPLOADS_PER_SESSION_MAX) {
            removeIf(upload -> upload.sessionId == sessionId && nowMs - upload.movedAtMs > IDLE_MS_MAX);
        }
        if (countBySession.get(sessionId) >= UPLOADS_PER_SESSION_MAX
                || byId.size() >= UPLOADS_MAX
                || byId.containsKey(uploadId)) {
            return null;
        }
        final Upload upload = new Upload(sessionId, uploadId, totalBytes, nowMs);
        byId.put(uploadId, upload);
        countBySession.incrementAndGet(sessionId);
        return upload;
    }

    /** An upload was taken up by an event. */
    void remove(Upload upload) {
        if (byId.remove(upload.uploadId) != null) {
            countBySession.decrementAndGet(upload.sessionId);
        }
    }

    /** The session ended: nobody can name its uploads any more. */
    public void onSessionClosed(long sessionId) {
        if (countBySession.get(sessionId) > 0) {
            removeIf(upload -> upload.sessionId == sessionId);
        }
    }

    /** Whether a cleaner had better wait: an upload that began not long ago has parts at or before {@code position}. */
    public boolean isKept(long position, long monotonicMs) {
        for (Upload upload : byId.values()) {
            if (upload.firstPosition <= position && monotonicMs - upload.begunAtMs < KEPT_MS_MAX) {
                return true;
            }
        }
        return false;
    }

    /** Forgets uploads with parts at or before {@code position}: the cycle that holds them is about to go. */
    public void dropThrough(long position) {
        removeIf(upload -> upload.firstPosition <= position);
    }

    private void removeIf(Predicate<Upload> condition) {
        byId.values().removeIf(upload -> {
            final boolean goes = condition.test(upload);
            if (goes) {
                countBySession.decrementAndGet(upload.sessionId);
            }
            return goes;
        });
    }
}
