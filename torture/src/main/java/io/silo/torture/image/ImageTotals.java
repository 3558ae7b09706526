package io.silo.torture.image;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/** What runs added up to. Any thread. */
public final class ImageTotals {
    /** Kinds of numbers, in the order they are shown. */
    public enum Count {
        RUNS("runs"),
        MOMENTS("moments"),
        /** All of them, each opened and replayed. */
        IMAGES("images"),
        /** Of them: the process alone was killed. */
        KILL_IMAGES("kill_images"),
        /** Of them: from moments of which every possible image was made. */
        EXHAUSTIVE_IMAGES("exhaustive_images"),
        /** Of them: with old records behind the end. */
        STALE_IMAGES("stale_images"),
        /** Of them: a name was lost or a removal undone. */
        NAME_IMAGES("name_images"),
        /** Of them: started, appended to, closed and opened again. */
        STARTED_IMAGES("started_images"),
        /** Of them: of a second crash, in or right after the recovery of another image. */
        SECOND_IMAGES("second_images"),
        /** Records compared byte for byte. */
        RECORDS("records"),
        /** Images in which something that was never acknowledged was gone. */
        CUT_OFF("images_that_lost_unacknowledged_records");

        private final String label;

        Count(String label) {
            this.label = label;
        }

        /** As it stands in JSON. */
        public String label() {
            return label;
        }
    }

    private final Map<Count, AtomicLong> counts = new EnumMap<>(Count.class);

    public ImageTotals() {
        for (Count count : Count.values()) {
            counts.put(count, new AtomicLong());
        }
    }

    void add(Count count, long more) {
        counter(count).addAndGet(more);
    }

    void add(ImageTotals other) {
        for (Count count : Count.values()) {
            add(count, other.get(count));
        }
    }

    /** The number. */
    public long get(Count count) {
        return counter(count).get();
    }

    /** Whether so little was done that nothing was shown. */
    public boolean isVoid() {
        return get(Count.IMAGES) < 100
                || get(Count.MOMENTS) < 10
                || get(Count.RECORDS) < 1_000
                || get(Count.STARTED_IMAGES) < 5
                || get(Count.CUT_OFF) < 5;
    }

    private AtomicLong counter(Count count) {
        AtomicLong counter = counts.get(count);
        if (counter == null) {
            throw new IllegalStateException("no counter for " + count);
        }
        return counter;
    }
}
