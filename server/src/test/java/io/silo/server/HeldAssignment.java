package io.silo.server;

import io.silo.server.assignment.NodeAddress;
import io.silo.server.assignment.ShardAssignment;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The map of a node whose coordinator says nothing for a while: from {@link #hold} to {@link #release}, once, who asks for an owner waits.
 * Any thread.
 */
final class HeldAssignment extends ForwardingAssignment {
    private static final long HELD_S_MAX = 60;

    private final CountDownLatch asked = new CountDownLatch(1);
    private final CountDownLatch released = new CountDownLatch(1);
    private volatile boolean holding;

    HeldAssignment(ShardAssignment own) {
        super(own);
    }

    void hold() {
        holding = true;
    }

    void release() {
        released.countDown();
    }

    /** Whether somebody waits, at the latest after so long. */
    boolean awaitAsked(long seconds) throws InterruptedException {
        return asked.await(seconds, TimeUnit.SECONDS);
    }

    @Override
    public @Nullable NodeAddress owner(UUID shardId) {
        if (holding) {
            asked.countDown();
            try {
                if (!released.await(HELD_S_MAX, TimeUnit.SECONDS)) {
                    throw new IllegalStateException("held for too long");
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(e);
            }
        }
        return super.owner(shardId);
    }
}
