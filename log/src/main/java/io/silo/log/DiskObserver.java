package io.silo.log;

import java.nio.file.Path;

/**
 * Is told what a store on real files has made durable, so that a tester can say what a power loss may leave. Production has {@link #NONE}.
 *
 * <p>Called after the success of what it names and before anybody relies on it, on the thread that did it: the shard's, the store's
 * sync thread or its helper. What it names is not written to again before it returns. What it throws is taken for the failure of that
 * step.
 */
public interface DiskObserver {
    /** Observes nothing. */
    DiskObserver NONE = new DiskObserver() {};

    /** Everything written to this file so far, and its length, is durable. */
    default void onFileSynced(Path file) {}

    /** The names in this directory, as they are now, are durable; what the files hold is not said. */
    default void onDirectorySynced(Path directory) {}

    /** A name was made, changed or removed, and is not durable yet. */
    default void onNameChanged(Path path) {}
}
