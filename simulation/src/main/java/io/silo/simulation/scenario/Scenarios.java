package io.silo.simulation.scenario;

import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.Collectors;

/** The catalogue of scenarios. A new one is a class and a line here. */
public final class Scenarios {
    /** Every scenario, in the order in which they are listed. */
    public static final List<Scenario> ALL = List.of(
            new EndToEndScenario(),
            new MultipleWorkersScenario(),
            new LeaseExpiryScenario(),
            new RetryScenario(),
            new HighLatencyScenario(),
            new MessageLossScenario(),
            new PartitionScenario(),
            new SlowClientScenario(),
            new DiskCrashScenario(),
            new FailingSyncScenario(),
            new DiskFullScenario(),
            new ClockJumpScenario(),
            new RestartStormScenario(),
            new ChaosScenario(),
            new OperatorsScenario(),
            new CrashLoopScenario(),
            new ImportScenario(),
            new TimeBoundsScenario(),
            new RecurringScenario(),
            new RetentionScenario(),
            new PausesScenario(),
            new BulkScenario(),
            new LimitsScenario(),
            new FairnessScenario(),
            new RatesScenario(),
            new FloatingScenario(),
            new OverloadScenario());

    private Scenarios() {}

    /** The scenario of this name. */
    public static Optional<Scenario> named(String name) {
        return ALL.stream().filter(scenario -> scenario.name().equals(name)).findFirst();
    }

    /** Names of all, for a message. */
    public static String names() {
        return ALL.stream().map(Scenario::name).collect(Collectors.joining(", "));
    }

    /** The scenario that a seed picks by itself. */
    public static Scenario ofSeed(long seed) {
        int weights = ALL.stream().mapToInt(Scenario::weight).sum();
        int drawn = new SplittableRandom(seed).nextInt(weights);
        for (Scenario scenario : ALL) {
            drawn -= scenario.weight();
            if (drawn < 0) {
                return scenario;
            }
        }
        throw new IllegalStateException("weights do not add up");
    }
}
