package io.silo.torture.kill;

import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * How a run of kills is run.
 *
 * @param rounds processes started and killed.
 * @param site die at this site only; null = at all of them in turn, and at random moments.
 * @param directory is made, and deleted if nothing failed.
 * @param command runs the child of the run, up to its class; arguments follow.
 * @param progress takes a line now and then.
 */
public record KillOptions(
        int rounds, long seed, @Nullable String site, Path directory, List<String> command, Consumer<String> progress) {
    /** Names of the sites of the child that is a shard alone. */
    public static List<String> shardSites() {
        return KillSite.SHARD.stream().map(KillSite::name).toList();
    }

    /** Names of the sites of a whole server. */
    public static List<String> serverSites() {
        return KillSite.SERVER.stream().map(KillSite::name).toList();
    }
}
