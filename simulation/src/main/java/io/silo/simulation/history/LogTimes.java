package io.silo.simulation.history;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * When the records of logs were made, by what clients saw. One that was not there before a time lets nothing behind it be there before;
 * one that was there at a time shows that everything before it was. First all that is known is told, then asked.
 */
final class LogTimes {
    private record Bound(long epoch, long position, long atNs) {
        static final Comparator<Bound> ORDER = (a, b) -> {
            final int byEpoch = Long.compareUnsigned(a.epoch, b.epoch);
            return byEpoch != 0 ? byEpoch : Long.compare(a.position, b.position);
        };
    }

    private final Map<Integer, List<Bound>> floors = new HashMap<>();
    private final Map<Integer, List<Bound>> ceilings = new HashMap<>();

    /** The record was not there before a time. */
    void notBefore(LogPlace place, long atNs) {
        add(floors, place, atNs);
    }

    /** The record was there at a time. */
    void notAfter(LogPlace place, long atNs) {
        add(ceilings, place, atNs);
    }

    private static void add(Map<Integer, List<Bound>> bounds, LogPlace place, long atNs) {
        if (place.position() >= 0) {
            bounds.computeIfAbsent(place.shard(), shard -> new ArrayList<>())
                    .add(new Bound(place.epoch(), place.position(), atNs));
        }
    }

    /** Nothing more will be told. */
    void settle() {
        for (final List<Bound> all : floors.values()) {
            all.sort(Bound.ORDER);
            long max = Long.MIN_VALUE;
            for (int i = 0; i < all.size(); i++) {
                final Bound bound = all.get(i);
                max = Math.max(max, bound.atNs());
                all.set(i, new Bound(bound.epoch(), bound.position(), max));
            }
        }
        for (final List<Bound> all : ceilings.values()) {
            all.sort(Bound.ORDER);
            long min = Long.MAX_VALUE;
            for (int i = all.size() - 1; i >= 0; i--) {
                final Bound bound = all.get(i);
                min = Math.min(min, bound.atNs());
                all.set(i, new Bound(bound.epoch(), bound.position(), min));
            }
        }
    }

    /** A record here was not made before this time, by those before it; {@link Long#MIN_VALUE} where nothing is known. */
    long notBeforeNs(LogPlace place) {
        final List<Bound> all = floors.getOrDefault(place.shard(), List.of());
        final int below = countBelow(all, place);
        return below == 0 ? Long.MIN_VALUE : all.get(below - 1).atNs();
    }

    /** The record here was made by this time, by itself and those behind it; {@link Long#MAX_VALUE} where nothing is known. */
    long notAfterNs(LogPlace place) {
        final List<Bound> all = ceilings.getOrDefault(place.shard(), List.of());
        final int below = countBelow(all, place);
        return below == all.size() ? Long.MAX_VALUE : all.get(below).atNs();
    }

    private static int countBelow(List<Bound> all, LogPlace place) {
        final Bound bound = new Bound(place.epoch(), place.position(), 0);
        int low = 0;
        int high = all.size();
        while (low < high) {
            final int middle = (low + high) >>> 1;
            if (Bound.ORDER.compare(all.get(middle), bound) < 0) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }
}
