package io.silo.simulation.model;

import io.silo.protocol.Session;
import java.util.HashMap;
import java.util.Map;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/** Payloads and results that come in parts. The shard may give one up at any time. */
final class ModelUploads {
    /** One upload. */
    static final class Upload {
        final Session session;
        final long totalBytes;
        private final CRC32C crc = new CRC32C();
        long receivedBytes;
        long firstPosition = -1;
        long lastPosition = -1;

        Upload(Session session, long totalBytes) {
            this.session = session;
            this.totalBytes = totalBytes;
        }

        void received(String part, long position) {
            crc.update(Text.bytes(part));
            receivedBytes += part.length();
            firstPosition = firstPosition < 0 ? position : firstPosition;
            lastPosition = position;
        }

        boolean isComplete() {
            return receivedBytes == totalBytes;
        }

        long checksum() {
            return crc.getValue();
        }
    }

    private final Map<Long, Upload> byId = new HashMap<>();

    /** The session's own. */
    @Nullable
    Upload find(Session session, long id) {
        final Upload upload = byId.get(id);
        return upload != null && upload.session == session ? upload : null;
    }

    boolean isTaken(long id) {
        return byId.containsKey(id);
    }

    Upload begin(Session session, long id, long totalBytes) {
        final Upload upload = new Upload(session, totalBytes);
        byId.put(id, upload);
        return upload;
    }

    void remove(long id) {
        byId.remove(id);
    }

    void close(Session session) {
        byId.values().removeIf(upload -> upload.session == session);
    }

    void clear() {
        byId.clear();
    }
}
