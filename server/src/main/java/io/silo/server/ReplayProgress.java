package io.silo.server;

import io.silo.log.EventLog;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** How far the replays of shards have come, as a line for people. The thread that starts the server. */
final class ReplayProgress {
    private record Replay(int shard, EventLog log, long firstPosition, long endPosition) {}

    private final List<Replay> replays = new ArrayList<>();

    /** @param slots with their logs open and not replayed yet. */
    ReplayProgress(List<ShardSlot> slots) {
        for (ShardSlot slot : slots) {
            final EventLog log = slot.log();
            if (log != null) {
                replays.add(new Replay(slot.index(), log, log.firstPosition(), log.appendedPosition()));
            }
        }
    }

    /** Records replayed and their share of all, then each shard that is not done. */
    @Override
    public String toString() {
        final StringBuilder parts = new StringBuilder();
        long done = 0;
        long all = 0;
        for (Replay replay : replays) {
            final long records = replay.endPosition - replay.firstPosition + 1;
            final long replayed =
                    Math.max(0, Math.min(records, replay.log.replayedPosition() - replay.firstPosition + 1));
            done += replayed;
            all += records;
            if (replayed < records) {
                parts.append(
                        String.format(Locale.ROOT, ", shard %d at %d %%", replay.shard, percent(replayed, records)));
            }
        }
        return String.format(Locale.ROOT, "%,d of %,d records (%d %%)%s", done, all, percent(done, all), parts);
    }

    private static long percent(long part, long whole) {
        return whole == 0 ? 100 : 100 * part / whole;
    }
}
