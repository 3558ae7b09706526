package io.silo.shard.state;

/**
 * Where {@link ReadyQueue} keeps what belongs to a task: two ints in the task's own row, and the order it reads there.
 * While a task is queued its start and arrival must not change, and the two ints are the queue's alone.
 */
public interface ReadyLinks {
    /** Start time in ms of the task. */
    long startMs(int slot);

    /** Arrival of the task: no two tasks of a shard share one. */
    long arrival(int slot);

    int readyPrevious(int slot);

    void readyPrevious(int slot, int value);

    int readyNext(int slot);

    void readyNext(int slot, int value);
}
