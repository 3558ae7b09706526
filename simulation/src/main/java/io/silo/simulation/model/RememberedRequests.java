package io.silo.simulation.model;

import io.silo.protocol.Xxh64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/** Requests whose jobs were deleted. Each is answered as the first time for 10 minutes after that. */
final class RememberedRequests {
    /** By the shard's clock, ms. */
    static final long KEPT_MS = 600_000;

    /** A request, with the job id that it was for. */
    record Key(RequestId requestId, long jobIdHash) {}

    /**
     * What became of its job.
     *
     * @param position record that the memory lies in.
     */
    record Gone(long jobKey, long removedAtMs, long position) {
        boolean isInForce(long nowMs) {
            return nowMs - removedAtMs < KEPT_MS;
        }
    }

    private final Map<Key, Gone> requests = new LinkedHashMap<>();

    void put(RequestId requestId, long jobIdHash, Gone gone) {
        requests.put(new Key(requestId, jobIdHash), gone);
    }

    void addAll(RememberedRequests other) {
        requests.putAll(other.requests);
    }

    Map<Key, Gone> all() {
        return requests;
    }

    /** What is remembered of a request, or null. */
    @Nullable
    Gone find(RequestId requestId, String tenant, String jobId, long nowMs) {
        final Gone gone = requests.get(new Key(requestId, hash(tenant, jobId)));
        return gone != null && gone.isInForce(nowMs) ? gone : null;
    }

    /** The last job of this id that is known to be gone, or null. */
    @Nullable
    Gone lastOf(String tenant, String jobId) {
        final long hash = hash(tenant, jobId);
        Gone last = null;
        for (Map.Entry<Key, Gone> one : requests.entrySet()) {
            if (one.getKey().jobIdHash() == hash
                    && (last == null || one.getValue().position() > last.position())) {
                last = one.getValue();
            }
        }
        return last;
    }

    /** Those in force at a time, in one order however they came. */
    String inForce(long nowMs) {
        final TreeMap<String, Gone> inForce = new TreeMap<>();
        requests.forEach((key, gone) -> {
            if (gone.isInForce(nowMs)) {
                inForce.put(key.toString(), gone);
            }
        });
        return inForce.toString();
    }

    /** Hash of a job id, seeded with that of its tenant. */
    static long hash(String tenant, String jobId) {
        final UnsafeBuffer tenantBytes = new UnsafeBuffer(Text.bytes(tenant));
        final UnsafeBuffer idBytes = new UnsafeBuffer(Text.bytes(jobId));
        return Xxh64.hash(idBytes, 0, idBytes.capacity(), Xxh64.hash(tenantBytes, 0, tenantBytes.capacity()));
    }
}
