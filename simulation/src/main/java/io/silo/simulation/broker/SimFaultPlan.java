package io.silo.simulation.broker;

import io.silo.log.FaultPlan;
import io.silo.log.LogErrorCode;
import io.silo.log.LogException;
import io.silo.simulation.world.Fault;
import io.silo.simulation.world.SimWorld;
import java.util.SplittableRandom;

/** What goes wrong at the named sites of one shard's log: the process dies, a sync fails or takes its time. */
final class SimFaultPlan implements FaultPlan {
    /** Sites passed for every record are an occasion once in so many times only. */
    private static final int FREQUENT_SITE_ODDS = 8;

    /** As above, of reads, which are many more: else no process would live to see its first roll. */
    private static final int READ_SITE_ODDS = 512;

    /** A slow sync takes up to so long: a disk that is busy, or one that dies. */
    private static final long SLOW_SYNC_NS_MAX = 3_000_000_000L;

    private final SimWorld world;
    private final SimProcess process;
    private final int shard;
    private final SplittableRandom random;

    /** @param random of this life alone: else each would die where the one before did. */
    SimFaultPlan(SimWorld world, SimProcess process, int shard, SplittableRandom random) {
        this.world = world;
        this.process = process;
        this.shard = shard;
        this.random = random;
    }

    @Override
    public void at(String site) {
        // A simulated process dies at the log's sites and between duty cycles; the shard's own are for processes that
        // are killed.
        if (process.isObserved() || site.startsWith("shard.") || site.startsWith("carry.")) {
            return;
        }
        if (process.isDead()) {
            throw new SimDeath(site);
        }
        boolean isOccasion = random.nextInt(odds(site)) == 0;
        if (isOccasion && world.strikes(Fault.SITE_CRASH, random, process.name() + '/' + shard + ' ' + site)) {
            process.die(world.has(Fault.POWER_LOSS) && random.nextBoolean());
            throw new SimDeath(site);
        }
        if (site.equals("log.sync")) {
            atSync(site);
        }
    }

    private static int odds(String site) {
        return switch (site) {
            case "log.append", "log.sync", "log.allocate" -> FREQUENT_SITE_ODDS;
            case "log.read", "log.readAhead" -> READ_SITE_ODDS;
            default -> 1;
        };
    }

    private void atSync(String site) {
        if (world.strikes(Fault.SLOW_SYNC, random, process.name() + '/' + shard)) {
            process.stall(1_000_000 + random.nextLong(SLOW_SYNC_NS_MAX));
        }
        if (world.strikes(Fault.FAILING_SYNC, random, process.name() + '/' + shard)) {
            throw new LogException(LogErrorCode.SYNC_FAILED, true, "simulated: the sync failed at " + site, null);
        }
    }
}
