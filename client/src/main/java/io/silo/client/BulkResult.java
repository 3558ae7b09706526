package io.silo.client;

/**
 * What a bulk change came to.
 *
 * @param changed jobs that it changed, or that a dry run would have changed.
 * @param skipped jobs that match and are in no state for the verb. After a restart of the server in the middle it may count some
 *     that the bulk change itself had expedited or asked to stop before.
 */
public record BulkResult(long changed, long skipped) {
    BulkResult plus(BulkResult other) {
        return new BulkResult(changed + other.changed, skipped + other.skipped);
    }
}
