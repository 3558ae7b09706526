package io.silo.client;

import io.silo.protocol.RejectReason;
import org.jspecify.annotations.Nullable;

/** Told what the server says to the outcomes of a worker. Called on the client's network thread: must not wait. */
@FunctionalInterface
public interface OutcomeListener {
    /**
     * An outcome has its last answer.
     *
     * @param refused null if it was accepted, {@code ALREADY_REPORTED} if that was so at an earlier sending whose answer was lost;
     *     else the lease was gone, and the outcome counts for nothing.
     */
    void onAnswered(Task task, @Nullable RejectReason refused);
}
