package io.silo.simulation.history;

import java.util.ArrayList;
import java.util.List;

/** Entries in the order in which they happened. Any thread may add; a call's entry is added before it is sent. */
public final class History {
    /** Entries kept: a run that makes more is too long to be checked. */
    public static final int ENTRIES_MAX = 4_000_000;

    private final List<Entry> entries = new ArrayList<>();
    private long calls;

    /** A number for the next call, from 1. */
    public synchronized long nextCall() {
        return ++calls;
    }

    /** @throws IllegalStateException if the history is full. */
    public synchronized void add(Entry entry) {
        if (entries.size() >= ENTRIES_MAX) {
            throw new IllegalStateException("a history holds " + ENTRIES_MAX + " entries at most");
        }
        entries.add(entry);
    }

    /** A copy of what was added so far, in order. */
    public synchronized List<Entry> entries() {
        return List.copyOf(entries);
    }
}
