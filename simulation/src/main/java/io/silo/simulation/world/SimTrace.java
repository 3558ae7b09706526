package io.silo.simulation.world;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Lines that tell what happened when. Two runs of one seed must make the same lines to the byte: that is how code that asks a clock,
 * chance or the order of a hash table is found.
 */
public final class SimTrace {
    /** Lines that a failure shows. */
    public static final int LAST_LINES = 60;

    private static final long FNV_OFFSET = 0xcbf29ce484222325L;
    private static final long FNV_PRIME = 0x100000001b3L;

    private final Deque<String> last = new ArrayDeque<>();
    private final @Nullable List<String> all;
    private long hash = FNV_OFFSET;
    private long count;

    /** @param keepsAll whether every line is kept, to be compared with those of a second run. */
    public SimTrace(boolean keepsAll) {
        all = keepsAll ? new ArrayList<>() : null;
    }

    /** Adds a line; times are virtual. */
    public void line(long nowNs, String actor, String text) {
        String line = String.valueOf(nowNs) + ' ' + actor + ' ' + text;
        for (int i = 0; i < line.length(); i++) {
            hash = (hash ^ line.charAt(i)) * FNV_PRIME;
        }
        hash = (hash ^ '\n') * FNV_PRIME;
        count++;
        if (all != null) {
            all.add(line);
        }
        last.addLast(line);
        if (last.size() > LAST_LINES) {
            last.removeFirst();
        }
    }

    /** FNV-1a over all lines. */
    public long hash() {
        return hash;
    }

    public long count() {
        return count;
    }

    /** The newest lines, oldest first. */
    public List<String> lastLines() {
        return List.copyOf(last);
    }

    /** Every line; empty unless they are kept. */
    public List<String> lines() {
        return all == null ? List.of() : all;
    }

    /** The first difference to another trace, for people, or null if both are the same to the byte. */
    public @Nullable String difference(SimTrace other) {
        List<String> mine = lines();
        List<String> theirs = other.lines();
        for (int i = 0; i < Math.min(mine.size(), theirs.size()); i++) {
            if (!mine.get(i).equals(theirs.get(i))) {
                return "line " + (i + 1) + ": " + mine.get(i) + " | " + theirs.get(i);
            }
        }
        if (mine.size() != theirs.size()) {
            return "one has " + mine.size() + " lines, the other " + theirs.size();
        }
        return hash == other.hash ? null : "their hashes differ";
    }
}
