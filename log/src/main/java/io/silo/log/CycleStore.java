package io.silo.log;

/** The port under {@link EventLog}: create, append bytes, read, sync, list, delete. */
public interface CycleStore extends AutoCloseable {
    @Override
    void close();
}
