package io.silo.simulation.scenario;

import io.silo.simulation.history.Entry;
import io.silo.simulation.world.Feature;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;

/** Many jobs are changed at once while everything fails. */
final class BulkScenario implements Scenario {
    /** Bulk changes over of which one has to have changed a job. */
    private static final int FINISHED_MIN = 40;

    @Override
    public String name() {
        return "bulk";
    }

    @Override
    public String shows() {
        return "a bulk change touches what was there when it began, all of it and once, whatever crashes meanwhile";
    }

    @Override
    public int weight() {
        return 2;
    }

    @Override
    public ScenarioPlan plan(SplittableRandom random) {
        return ChaosScenario.everything(random).with(Feature.BULK, Feature.RETRIES);
    }

    @Override
    public void check(SimRun run) {
        Set<Long> finished = new TreeSet<>();
        long changed = 0;
        for (Entry entry : run.history().entries()) {
            if (entry instanceof Entry.BulkAnswered answer && answer.isFinished()) {
                finished.add(answer.bulkKey());
                changed += answer.changed();
            }
        }
        // A few may all be dry runs, or of jobs that they have nothing to do with.
        SimRun.require(changed > 0 || finished.size() < FINISHED_MIN, "some bulk change changed a job");
    }
}
