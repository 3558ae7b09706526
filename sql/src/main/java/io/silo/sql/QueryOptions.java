package io.silo.sql;

import io.silo.client.SiloClient;
import java.util.List;

/**
 * How a statement is run.
 *
 * @param client whose rights it has.
 * @param shards that it reads.
 * @param tenant it sees the rows of this one alone, by what is read and not by its text; empty = all that the client may see.
 * @param timeoutMs from its start on; 0 = none.
 * @param heldBytesMax what sorts, joins and groups may hold, about; 0 = any.
 */
public record QueryOptions(
        SiloClient client, List<QueryShard> shards, String tenant, long timeoutMs, long heldBytesMax) {
    /** What sorts, joins and groups of a statement may hold if nothing else is said: an eighth of a heap of 2 GiB. */
    public static final long HELD_BYTES_MAX = 256L * 1024 * 1024;

    /** Keeps a copy of the list. */
    public QueryOptions {
        shards = List.copyOf(shards);
    }
}
