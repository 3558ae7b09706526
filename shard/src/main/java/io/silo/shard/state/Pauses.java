package io.silo.shard.state;

import io.silo.protocol.Xxh64;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/** Task groups and tenants whose tasks are not given out. Few, and looked up by name when they change only. Shard thread only. */
public final class Pauses {
    /** An operator pauses by hand or by script; a script that pauses more than this has gone wrong. */
    public static final int PAUSES_MAX = 4_096;

    /** What is paused; the order is that of the wire. */
    public enum Kind {
        TASK_GROUP,
        TENANT
    }

    /** One that is paused. */
    public record Pause(Kind kind, String name) implements Comparable<Pause> {
        @Override
        public int compareTo(Pause other) {
            return kind == other.kind ? name.compareTo(other.name) : kind.compareTo(other.kind);
        }

        private long hash() {
            final UnsafeBuffer bytes = new UnsafeBuffer(name.getBytes(StandardCharsets.UTF_8));
            return Xxh64.mix(Xxh64.hash(bytes, 0, bytes.capacity()) + kind.ordinal());
        }
    }

    /** Where the event lies that says so. */
    private final TreeMap<Pause, Long> positions = new TreeMap<>();

    private long digest;

    Pauses() {}

    /** Whether this changes something. */
    boolean set(Pause pause, boolean paused, long position) {
        final boolean was = paused ? positions.put(pause, position) != null : positions.remove(pause) != null;
        if (was == paused) {
            return false;
        }
        digest += paused ? pause.hash() : -pause.hash();
        return true;
    }

    public boolean contains(Kind kind, String name) {
        return positions.containsKey(new Pause(kind, name));
    }

    /** The first one behind {@code pause}, by kind and name, which itself need not be paused. */
    public @Nullable Pause after(Pause pause) {
        return positions.higherKey(pause);
    }

    public int count() {
        return positions.size();
    }

    /** Those whose event lies at or before {@code position}. */
    public List<Pause> setUntil(long position) {
        final List<Pause> found = new ArrayList<>();
        positions.forEach((pause, at) -> {
            if (at <= position) {
                found.add(pause);
            }
        });
        return found;
    }

    long digest() {
        return digest;
    }
}
