package io.silo.torture.kill;

import java.util.List;
import java.util.SplittableRandom;

/**
 * A named point where a process dies.
 *
 * @param occurrenceMin it dies at a hit drawn from here,
 * @param occurrenceMax to here.
 * @param where when a process comes by.
 */
record KillSite(String name, int occurrenceMin, int occurrenceMax, Where where) {
    /** When a process comes by a site. */
    enum Where {
        /** Under load: a process that did nothing before it died proves nothing. */
        WORK,
        /** While it starts, or as early as then: what restarts leave is cleaned at once. */
        START,
        /** When it stops in order. */
        STOP
    }

    /** Sites of a log and a shard. */
    static final List<KillSite> SHARD = List.of(
            new KillSite("log.append", 100, 1_500, Where.WORK),
            new KillSite("log.write", 30, 500, Where.WORK),
            new KillSite("log.sync", 15, 300, Where.WORK),
            new KillSite("log.roll.closed", 1, 3, Where.WORK),
            new KillSite("log.roll.synced", 1, 3, Where.WORK),
            new KillSite("log.roll.started", 1, 3, Where.WORK),
            new KillSite("log.allocate", 1, 6, Where.START),
            new KillSite("carry.slice", 1, 12, Where.START),
            new KillSite("carry.through", 1, 2, Where.START),
            new KillSite("carry.settled", 1, 2, Where.START),
            new KillSite("log.trim.marked", 1, 2, Where.START),
            new KillSite("log.delete", 1, 2, Where.START),
            new KillSite("log.mark", 1, 4, Where.START),
            new KillSite("log.create", 1, 3, Where.START),
            new KillSite("log.start.created", 1, 1, Where.START),
            new KillSite("log.start.synced", 1, 1, Where.START),
            new KillSite("log.start.marked", 1, 1, Where.START),
            new KillSite("shard.replayed", 1, 1, Where.START),
            new KillSite("shard.opened", 1, 1, Where.START),
            new KillSite("shard.appended", 100, 1_500, Where.WORK),
            new KillSite("shard.synced", 15, 300, Where.WORK),
            new KillSite("shard.sent", 15, 300, Where.WORK),
            new KillSite("shard.close", 1, 1, Where.STOP),
            new KillSite("shard.digest", 1, 1, Where.STOP),
            new KillSite("shard.closed", 1, 1, Where.STOP));

    /** Sites of a whole server; those of shards count all shards together. */
    static final List<KillSite> SERVER = List.of(
            new KillSite("log.append", 100, 1_500, Where.WORK),
            new KillSite("log.write", 6, 120, Where.WORK),
            new KillSite("log.sync", 3, 60, Where.WORK),
            new KillSite("log.roll.closed", 1, 2, Where.WORK),
            new KillSite("log.roll.synced", 1, 2, Where.WORK),
            new KillSite("log.roll.started", 1, 2, Where.WORK),
            new KillSite("shard.appended", 100, 1_500, Where.WORK),
            new KillSite("shard.synced", 3, 60, Where.WORK),
            new KillSite("shard.sent", 3, 60, Where.WORK),
            new KillSite("log.create", 1, 2, Where.START),
            new KillSite("log.start.created", 1, 2, Where.START),
            new KillSite("log.start.synced", 1, 2, Where.START),
            new KillSite("log.start.marked", 1, 2, Where.START),
            new KillSite("shard.replayed", 1, 2, Where.START),
            new KillSite("shard.opened", 1, 2, Where.START),
            new KillSite("server.ready", 1, 1, Where.START),
            new KillSite("server.stopping", 1, 1, Where.STOP),
            new KillSite("shard.digest", 1, 2, Where.STOP),
            new KillSite("shard.closed", 1, 2, Where.STOP),
            new KillSite("server.stopped", 1, 1, Where.STOP));

    /** The name under which kills at random moments are counted. */
    static final String RANDOM = "random";

    /** {@code site:occurrence}. */
    String armed(SplittableRandom random) {
        return name + ":" + (occurrenceMin + random.nextInt(occurrenceMax - occurrenceMin + 1));
    }
}
