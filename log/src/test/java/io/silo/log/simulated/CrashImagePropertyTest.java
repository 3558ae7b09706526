package io.silo.log.simulated;

import static org.assertj.core.api.Assertions.assertThat;

import io.silo.log.EventLog;
import io.silo.log.EventLogContext;
import io.silo.log.LogException;
import io.silo.log.LogWorkbench;
import io.silo.log.LogWorkbench.Seen;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Random work with crashes of every kind in between: whatever was durable is found, what is found is a prefix of what was written, and
 * no crash is taken for corruption. More seeds: {@code -Dsilo.log.seeds=5000}; one of them: {@code -Dsilo.log.seed=77}.
 */
@Timeout(300)
class CrashImagePropertyTest {
    private static final int SEEDS = Integer.getInteger("silo.log.seeds", 150);
    private static final int STEPS = 120;

    @Test
    void canRecoverFromAnyCrash() {
        long only = Long.getLong("silo.log.seed", -1);
        for (long seed = only < 0 ? 0 : only; seed < (only < 0 ? SEEDS : only + 1); seed++) {
            try {
                run(seed);
            } catch (RuntimeException | AssertionError e) {
                throw new AssertionError("seed " + seed + ": rerun with -Dsilo.log.seed=" + seed, e);
            }
        }
    }

    private static void run(long seed) {
        var random = new Random(seed);
        var model = new LogModel(seed);
        boolean isAllThere = true;
        for (int opening = 0; opening < 6; opening++) {
            model.open(isAllThere);
            int steps = random.nextInt(STEPS);
            for (int i = 0; i < steps; i++) {
                model.step();
            }
            switch (random.nextInt(3)) {
                case 0 -> {
                    model.powerLoss();
                    isAllThere = false;
                }
                case 1 -> {
                    model.processKill();
                    isAllThere = true;
                }
                default -> {
                    model.close();
                    isAllThere = true;
                }
            }
            model.verify();
        }
    }

    /** The canary: on a disk that lies about syncs the same runs must lose something that was durable. */
    @Test
    void mustNoticeADiskThatLies() {
        int noticed = 0;
        for (long seed = 0; seed < 20; seed++) {
            var model = new LogModel(seed);
            model.disk().lieAboutSyncs();
            model.open(true);
            for (int i = 0; i < STEPS; i++) {
                model.step();
            }
            model.powerLoss();
            try {
                model.open(false);
            } catch (LogException | AssertionError e) {
                noticed++;
            }
        }
        assertThat(noticed).isGreaterThan(15);
    }

    /** A crash at each named site, at its first to third occurrence, as a kill and as a power loss. */
    @Test
    void canRecoverFromAHaltAtEverySite() {
        Map<String, Integer> sites = countSites();
        assertThat(sites)
                .containsKeys(
                        "log.append",
                        "log.write",
                        "log.write.page",
                        "log.sync",
                        "log.roll.closed",
                        "log.roll.synced",
                        "log.roll.started",
                        "log.start.created",
                        "log.start.synced",
                        "log.start.marked",
                        "log.mark",
                        "log.trim.marked",
                        "log.read",
                        "log.create",
                        "log.allocate",
                        "log.delete");
        for (String site : sites.keySet()) {
            for (int occurrence = 1; occurrence <= 3; occurrence++) {
                for (boolean isPowerLoss : new boolean[] {false, true}) {
                    haltAt(site, occurrence, isPowerLoss);
                }
            }
        }
    }

    private static Map<String, Integer> countSites() {
        var sites = new HashMap<String, Integer>();
        var model = new LogModel(4);
        model.faults(site -> sites.merge(site, 1, Integer::sum));
        for (int opening = 0; opening < 3; opening++) {
            model.open(true);
            for (int i = 0; i < 600; i++) {
                model.step();
            }
            model.close();
        }
        return sites;
    }

    private static void haltAt(String site, int occurrence, boolean isPowerLoss) {
        var left = new int[] {occurrence};
        var model = new LogModel(4);
        model.faults(at -> {
            if (at.equals(site) && --left[0] == 0) {
                throw new HaltError();
            }
        });
        boolean isHalted = false;
        try {
            for (int opening = 0; opening < 3; opening++) {
                model.open(true);
                for (int i = 0; i < 600; i++) {
                    model.step();
                }
                model.close();
            }
        } catch (HaltError e) {
            isHalted = true;
        } catch (LogException e) {
            assertThat(e).hasCauseInstanceOf(HaltError.class);
            isHalted = true;
        }
        assertThat(isHalted).as("%s was reached %d times", site, occurrence).isTrue();
        model.faults(io.silo.log.FaultPlan.NONE);
        if (isPowerLoss) {
            model.powerLoss();
        } else {
            model.processKill();
        }
        try {
            model.open(false);
            model.step();
            model.close();
            model.open(true);
        } catch (RuntimeException | AssertionError e) {
            throw new AssertionError("halt at " + site + " " + occurrence + ", power loss " + isPowerLoss, e);
        }
    }

    /** A truncation that is interrupted anywhere leaves the log as it was, or cut off. */
    @Test
    void canRecoverFromAHaltInATruncation() {
        int halts = 0;
        for (String site :
                List.of("log.create", "log.start.created", "log.start.synced", "log.mark", "log.start.marked")) {
            for (long seed = 0; seed < 10; seed++) {
                var random = new SplittableRandom(seed);
                var model = new LogModel(seed);
                model.open(true);
                for (int i = 0; i < STEPS; i++) {
                    model.step();
                }
                model.close();
                int kept = model.written().size()
                        - 1
                        - random.nextInt(model.written().size() / 2);
                List<Seen> whole = List.copyOf(model.written());
                EventLogContext context = LogWorkbench.context(seed, 1).faults(at -> {
                    if (at.equals(site)) {
                        throw new HaltError();
                    }
                });
                try {
                    EventLog.truncateAfter(
                            SimulatedCycleStore.open(model.disk(), "shard", context),
                            LogWorkbench.IDENTITY,
                            context,
                            whole.get(kept).position(),
                            1);
                } catch (HaltError | LogException e) {
                    halts++;
                }
                checkTruncated(model.disk().processKill(), 1, whole, kept);
                checkTruncated(model.disk().powerLoss(random), 2, whole, kept);
            }
        }
        assertThat(halts).isEqualTo(50);
    }

    private static void checkTruncated(SimulatedDisk disk, long boot, List<Seen> whole, int kept) {
        EventLogContext context = LogWorkbench.context(99, boot);
        SimulatedCycleStore store = SimulatedCycleStore.open(disk, "shard", context);
        try (EventLog log = EventLog.open(store, LogWorkbench.IDENTITY, context)) {
            List<Seen> found = LogWorkbench.replay(log);
            long first = log.firstPosition();
            assertThat(found)
                    .isIn(
                            whole.stream()
                                    .filter(record -> record.position() >= first)
                                    .toList(),
                            whole.subList(0, kept + 1).stream()
                                    .filter(record -> record.position() >= first)
                                    .toList());
            log.start(1);
            LogWorkbench.append(log, 10);
        }
    }

    /** Stands for the end of the process. */
    private static final class HaltError extends Error {
        private static final long serialVersionUID = 1L;
    }
}
