package io.silo.shard.command;

import io.silo.log.EventLog;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.agrona.collections.Long2ObjectHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Uploads under way: their parts are in the log, here stands only how far each has come. Volatile: after a restart or a lost
 * session a client uploads again. Shard thread only.
 */
public final class Uploads {
    /** Uploads of one shard at a time: each costs about 200 bytes here, its parts lie in the log. */
    public static final int UPLOADS_MAX = 4_096;

    /** One upload. */
    public static final class Upload {
        final long sessionId;
        final long uploadId;
        final int totalBytes;
        private final CRC32C crc32c = new CRC32C();
        int receivedBytes;
        long firstPosition = EventLog.NULL_POSITION;
        long lastPosition = EventLog.NULL_POSITION;

        Upload(long sessionId, long uploadId, int totalBytes) {
            this.sessionId = sessionId;
            this.uploadId = uploadId;
            this.totalBytes = totalBytes;
        }

        void received(ByteBuffer part, long position) {
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

    /** The upload of this session, or null. Upload ids are random: two sessions that draw one id would both be refused. */
    @Nullable
    Upload find(long sessionId, long uploadId) {
        final Upload upload = byId.get(uploadId);
        return upload != null && upload.sessionId == sessionId ? upload : null;
    }

    /** Begins an upload, or null at the bound or when the id is taken. */
    @Nullable
    Upload begin(long sessionId, long uploadId, int totalBytes) {
        if (byId.size() >= UPLOADS_MAX || byId.containsKey(uploadId)) {
            return null;
        }
        final Upload upload = new Upload(sessionId, uploadId, totalBytes);
        byId.put(uploadId, upload);
        return upload;
    }

    /** An upload was taken up by an event. */
    void remove(Upload upload) {
        byId.remove(upload.uploadId);
    }

    /** The session ended: nobody can name its uploads any more. */
    public void onSessionClosed(long sessionId) {
        byId.values().removeIf(upload -> upload.sessionId == sessionId);
    }

    /** Forgets uploads with parts at or before {@code position}: the cycle that holds them is about to go. */
    public void dropThrough(long position) {
        byId.values().removeIf(upload -> upload.firstPosition <= position);
    }
}
