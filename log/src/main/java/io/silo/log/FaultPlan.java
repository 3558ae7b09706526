package io.silo.log;

/**
 * What goes wrong at the named sites of the log, by plan of a test or the simulator. Production has {@link #NONE}.
 *
 * <p>Sites: {@code log.append}, {@code log.sync}, {@code log.roll.closed}, {@code log.roll.synced}, {@code log.roll.started},
 * {@code log.start.created}, {@code log.start.synced}, {@code log.start.marked}, {@code log.mark}, {@code log.trim.marked},
 * {@code log.read}, {@code log.readAhead}, {@code log.create}, {@code log.allocate}, {@code log.delete}; of the shard on it
 * {@code shard.replayed}, {@code shard.opened}, {@code shard.appended}, {@code shard.synced}, {@code shard.sent}, {@code shard.digest},
 * {@code shard.close}, {@code shard.closed}; of its cleaner, before what it wrote is appended and once all of it is durable,
 * {@code carry.slice}, {@code carry.through}, {@code carry.settled}; of the server {@code server.ready}, {@code server.stopping},
 * {@code server.stopped}; of a log and a server that are emptied, in this order, {@code reset.stopped}, {@code reset.noted},
 * {@code empty.unmarked}, {@code empty.deleting}, {@code empty.deleted}, {@code empty.marked}, {@code reset.emptied},
 * {@code reset.served}.
 */
@FunctionalInterface
public interface FaultPlan {
    /** Nothing ever goes wrong. */
    FaultPlan NONE = site -> {};

    /** Called when the site is reached. Returns to go on; throws what the site's real failure would throw, or halts the process. */
    void at(String site);
}
