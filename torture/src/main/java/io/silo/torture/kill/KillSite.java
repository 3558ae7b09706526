package io.silo.torture.kill;

import java.util.List;
import java.util.SplittableRandom;

/**
 * A named point where a process dies.
 *
 * @param occurrenceMax it dies at a hit drawn from 1 to this.
 * @param where when a process comes by.
 */
record KillSite(String name, int occurrenceMax, Where where) {
    /** When a process comes by a site. */
    enum Where {
        /** Under load: a process that did nothing before it died proves nothing. */
        WORK,
        /** While it starts. */
        START,
        /** When it stops in order. */
        STOP
    }

    /** Sites of a log and a shard. */
    static final List<KillSite> SHARD = List.of(
            new KillSite("log.append", 4_000, Where.WORK),
            new KillSite("log.sync", 600, Where.WORK),
            new KillSite("log.roll.closed", 3, Where.WORK),
            new KillSite("log.roll.synced", 3, Where.WORK),
            new KillSite("log.roll.started", 3, Where.WORK),
            new KillSite("log.allocate", 6, Where.WORK),
            new KillSite("log.trim.marked", 2, Where.WORK),
            new KillSite("log.delete", 2, Where.WORK),
            new KillSite("log.mark", 4, Where.START),
            new KillSite("log.create", 3, Where.START),
            new KillSite("log.start.created", 1, Where.START),
            new KillSite("log.start.synced", 1, Where.START),
            new KillSite("log.start.marked", 1, Where.START),
            new KillSite("shard.replayed", 1, Where.START),
            new KillSite("shard.opened", 1, Where.START),
            new KillSite("shard.appended", 3_000, Where.WORK),
            new KillSite("shard.synced", 600, Where.WORK),
            new KillSite("shard.sent", 600, Where.WORK),
            new KillSite("shard.close", 1, Where.STOP),
            new KillSite("shard.digest", 1, Where.STOP),
            new KillSite("shard.closed", 1, Where.STOP));

    /** Sites of a whole server; those of shards count all shards together. */
    static final List<KillSite> SERVER = List.of(
            new KillSite("log.append", 4_000, Where.WORK),
            new KillSite("log.sync", 800, Where.WORK),
            new KillSite("log.roll.closed", 2, Where.WORK),
            new KillSite("log.roll.synced", 2, Where.WORK),
            new KillSite("log.roll.started", 2, Where.WORK),
            new KillSite("shard.appended", 3_000, Where.WORK),
            new KillSite("shard.synced", 600, Where.WORK),
            new KillSite("shard.sent", 600, Where.WORK),
            new KillSite("log.create", 2, Where.START),
            new KillSite("log.start.created", 2, Where.START),
            new KillSite("log.start.synced", 2, Where.START),
            new KillSite("log.start.marked", 2, Where.START),
            new KillSite("shard.replayed", 2, Where.START),
            new KillSite("shard.opened", 2, Where.START),
            new KillSite("server.ready", 1, Where.START),
            new KillSite("server.stopping", 1, Where.STOP),
            new KillSite("shard.digest", 2, Where.STOP),
            new KillSite("shard.closed", 2, Where.STOP),
            new KillSite("server.stopped", 1, Where.STOP));

    /** The name under which kills at random moments are counted. */
    static final String RANDOM = "random";

    /** {@code site:occurrence}. */
    String armed(SplittableRandom random) {
        return name + ":" + (1 + random.nextInt(occurrenceMax));
    }
}
