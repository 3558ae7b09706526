package io.silo.client;

/**
 * What a tenant may have of the server, of each kind at most; {@link #UNLIMITED} = no bound.
 *
 * @param weight tasks it gets in one turn of the round of tenants that have ready tasks, 1 to 1,024; 1 if nothing was set.
 * @param runningMax jobs that run at once in each task group.
 * @param queuedMax jobs that have not ended.
 * @param bytesMax bytes of those: payloads, metadata, names and some 150 bytes for each.
 * @param enqueuesPerSecond jobs that come new; a second's worth is saved up at most.
 */
public record TenantSettings(int weight, long runningMax, long queuedMax, long bytesMax, long enqueuesPerSecond) {
    /** Stands for no bound. */
    public static final int UNLIMITED = -1;
}
