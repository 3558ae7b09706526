package io.silo.log;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The cycles that can be read, oldest first, the active one last. Changed by the shard's thread; {@link #find} and {@link #published} by
 * any.
 */
final class RetainedCycles {
    private static final Cycle[] NONE = {};
    private static final VarHandle PUBLISHED;

    static {
        try {
            PUBLISHED = MethodHandles.lookup().findVarHandle(RetainedCycles.class, "published", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final CycleStore store;
    private final FaultPlan faults;
    private final List<Cycle> trimmed = new ArrayList<>();
    private volatile Cycle[] cycles = NONE;
    private long published = EventLog.NULL_POSITION;

    RetainedCycles(CycleStore store, FaultPlan faults) {
        this.store = store;
        this.faults = faults;
    }

    void clear() {
        cycles = NONE;
    }

    Cycle add(Cycle cycle) {
        Cycle[] longer = Arrays.copyOf(cycles, cycles.length + 1);
        longer[cycles.length] = cycle;
        cycles = longer;
        return cycle;
    }

    /** Makes records up to this position visible to readers. */
    void publish(long position) {
        PUBLISHED.setRelease(this, position);
    }

    long published() {
        return (long) PUBLISHED.getAcquire(this);
    }

    boolean isEmpty() {
        return cycles.length == 0;
    }

    int count() {
        return cycles.length;
    }

    long[] firstPositions() {
        return Arrays.stream(cycles).mapToLong(Cycle::firstPosition).toArray();
    }

    Cycle oldest() {
        return cycles[0];
    }

    /** Last position of the fewest oldest cycles, at least one and never the active one, that hold so many bytes. */
    long oldestLastPosition(long bytes) {
        Cycle[] all = cycles;
        int last = 0;
        for (long sum = all[0].endOffset(); sum < bytes && last + 2 < all.length; sum += all[last].endOffset()) {
            last++;
        }
        return all[last].lastPosition();
    }

    Cycle newest() {
        return cycles[cycles.length - 1];
    }

    long bytes() {
        long sum = 0;
        for (Cycle cycle : cycles) {
            sum += cycle.endOffset();
        }
        return sum;
    }

    /** The cycle that holds a published position, or null. */
    @Nullable
    Cycle find(long position) {
        if (position > published()) {
            return null;
        }
        Cycle[] all = cycles;
        int low = 0;
        int high = all.length - 1;
        while (low < high) {
            int middle = (low + high + 1) >>> 1;
            if (all[middle].firstPosition() <= position) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        // Several cycles begin at one position if all but the last are empty, and the search finds the last.
        return all.length > 0 && all[low].firstPosition() <= position ? all[low] : null;
    }

    /** Lets go of cycles wholly before the position; the active one stays. Returns whether any went. */
    boolean trimBefore(long position) {
        Cycle[] all = cycles;
        int gone = 0;
        while (gone < all.length - 1 && all[gone].lastPosition() < position) {
            trimmed.add(all[gone++]);
        }
        if (gone == 0) {
            return false;
        }
        cycles = Arrays.copyOfRange(all, gone, all.length);
        return true;
    }

    /** Deletes trimmed cycles that nobody reads, and returns how many. */
    int deleteUnpinned() {
        if (trimmed.isEmpty()) {
            return 0;
        }
        int deleted = 0;
        for (int i = trimmed.size() - 1; i >= 0; i--) {
            if (trimmed.get(i).tryDelete()) {
                faults.at("log.delete");
                store.beginLetGo(trimmed.remove(i).number());
                deleted++;
            }
        }
        return deleted;
    }

    /** Drops what lies behind a position and returns the cycles that lie wholly behind it. */
    List<Cycle> truncateAfter(long position) {
        var kept = new ArrayList<Cycle>();
        var cutOff = new ArrayList<Cycle>();
        for (Cycle cycle : cycles) {
            if (cycle.firstPosition() <= position
                    && (kept.isEmpty() || !kept.get(kept.size() - 1).holds(position))) {
                cycle.truncateAfter(position);
                kept.add(cycle);
            } else {
                cutOff.add(cycle);
            }
        }
        cycles = kept.toArray(NONE);
        publish(position);
        return cutOff;
    }
}
