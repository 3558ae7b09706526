package io.silo.torture.kill;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** F1, F2: a shard is killed and nothing that was told is lost (I2, I3, I5, S1, S5, S6). {@code ./silo torture kill} runs more. */
@Timeout(120)
class ShardKillsIT {
    private static final String CLASS_PATH =
            System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));

    @TempDir
    private Path directory;

    private KillOptions options(int rounds, long seed, @Nullable String site, List<String> command) {
        return new KillOptions(rounds, seed, site, directory.resolve("run"), command, line -> {});
    }

    @Test
    void shouldFindAllThatWasToldAfterKills() throws Exception {
        final long seed = System.nanoTime();
        System.out.println("seed " + seed);
        final KillReport report = ShardKills.run(
                options(Integer.getInteger("silo.torture.kills", 8), seed, null, ShardKills.command(CLASS_PATH)));
        assertThat(report.failures()).as("seed %s", seed).isEmpty();
        assertThat(report.isPassed())
                .as("%s of %s rounds void", report.voids(), report.rounds())
                .isTrue();
        assertThat(report.bySite()).hasSizeGreaterThanOrEqualTo(3);
        assertThat(report.acknowledged()).isGreaterThan(500);
    }

    /** The harness is not blind: each of these is caught within a few rounds. */
    @Tag("newest-jdk")
    @ParameterizedTest
    @EnumSource(FlawedChild.Flaw.class)
    void shouldCatchThePlantedBug(FlawedChild.Flaw flaw) throws Exception {
        final List<String> command = new ArrayList<>(ShardKills.command(CLASS_PATH, FlawedChild.class.getName()));
        command.add(1, "-Dflaw=" + flaw);
        final String site = flaw == FlawedChild.Flaw.EARLY || flaw == FlawedChild.Flaw.HALF_BATCH ? "log.append" : null;
        final KillReport report = ShardKills.run(options(8, 1, site, command));
        assertThat(report.failures())
                .as("%s after %s kills", flaw, report.kills())
                .isNotEmpty();
        assertThat(report.failures().get(0)).containsPattern(flaw.sentence);
    }

    @Test
    void shouldDieAtTheSiteNamed() throws Exception {
        final String site = "shard.close";
        final KillReport report = ShardKills.run(options(1, 3, site, ShardKills.command(CLASS_PATH)));
        assertThat(report.failures()).isEmpty();
        assertThat(report.bySite()).containsOnlyKeys(site);
    }
}
