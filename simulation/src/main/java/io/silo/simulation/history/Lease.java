package io.silo.simulation.history;

/**
 * A task lease as a worker received it.
 *
 * @param jobKey the shard's own number of the job.
 * @param epoch first half of the lease token.
 * @param token second half of the lease token; with the epoch it rises per job.
 * @param attempt number of the attempt, from 1.
 * @param priority 0 comes first.
 * @param startAtMs when the job was to start, Unix epoch ms.
 * @param leaseMs length of the lease.
 * @param payloadCrc CRC32C of the payload as received.
 */
public record Lease(
        JobRef job,
        String taskGroup,
        int shard,
        long jobKey,
        long epoch,
        long token,
        int attempt,
        int priority,
        long startAtMs,
        int leaseMs,
        int payloadCrc) {}
