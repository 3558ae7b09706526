package io.silo.shard.state;

/** Which of two tasks comes first; a total order that does not change while both are in one {@link TaskList}. */
@FunctionalInterface
interface TaskOrder {
    boolean isBefore(int slot, int other);
}
