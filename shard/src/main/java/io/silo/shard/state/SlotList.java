package io.silo.shard.state;

import java.util.Arrays;

/** A reusable list of slots; grows to the largest record's count and stays there. Shard thread only. */
public final class SlotList {
    private int[] slots = new int[64];
    private int size;

    void add(int slot) {
        if (size == slots.length) {
            slots = Arrays.copyOf(slots, size * 2);
        }
        slots[size++] = slot;
    }

    public int size() {
        return size;
    }

    public int get(int index) {
        return slots[index];
    }

    public void clear() {
        size = 0;
    }
}
