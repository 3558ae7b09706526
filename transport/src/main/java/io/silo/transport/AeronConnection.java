package io.silo.transport;

import io.aeron.Aeron;
import io.aeron.ExclusivePublication;
import io.aeron.Image;
import io.aeron.ImageControlledFragmentAssembler;
import io.aeron.Publication;
import io.aeron.exceptions.AeronException;
import io.aeron.logbuffer.ControlledFragmentHandler;
import io.aeron.logbuffer.ControlledFragmentHandler.Action;
import io.silo.protocol.session.CloseReason;
import io.silo.protocol.session.Connection;
import org.agrona.DirectBuffer;
import org.agrona.collections.MutableBoolean;
import org.jspecify.annotations.Nullable;

/**
 * One client's image, and the publication of its replies. Shard thread only.
 *
 * <p>The publication is asked for when the image appears and is there a little later; until then, and whenever it is
 * back-pressured, replies wait in {@link PendingReplies}.
 */
final class AeronConnection extends Connection {
    // 3: an admin action is a term rotation, over after one more call; Aeron's own publishers try as often.
    private static final int OFFER_ATTEMPTS = 3;

    /** Takes whole messages. */
    interface MessageHandler {
        Action onMessage(AeronConnection connection, DirectBuffer buffer, int offset, int length);
    }

    private final AeronIngress ingress;
    private final Image image;
    private final ControlledFragmentHandler assembler;
    private final PendingReplies pending;
    private final BacklogAge age;
    private final long publicationId;
    private @Nullable ExclusivePublication publication;
    private boolean wasConnected;
    private boolean isListedAsPending;
    private long closedAtNs;

    AeronConnection(AeronIngress ingress, Image image, MessageHandler handler, BufferPool pool, long publicationId) {
        this.ingress = ingress;
        this.image = image;
        this.assembler = new ImageControlledFragmentAssembler(
                (buffer, offset, length, header) -> handler.onMessage(this, buffer, offset, length));
        this.pending = new PendingReplies(pool);
        this.publicationId = publicationId;
        this.age = new BacklogAge(Channels.TERM_LENGTH / 2, ingress.nowNs());
    }

    Image image() {
        return image;
    }

    boolean hasPending() {
        return !pending.isEmpty();
    }

    boolean isConnecting() {
        return publication == null;
    }

    long closedAtNs() {
        return closedAtNs;
    }

    int poll(int limit, long nowNs) {
        final int fragments = image.controlledPoll(assembler, limit);
        final long position = image.position();
        age.onRead(position, fragments < limit && !ingress.isPollingStopped(), nowNs);
        return fragments;
    }

    /** How long the oldest message that was not read has waited, at most. */
    long waitedNs(long nowNs) {
        return state() == State.CLOSED ? 0 : age.ageNs(nowNs);
    }

    /** Fetches the publication once the driver has made it. Returns whether something changed. */
    boolean pollPublication(Aeron aeron) {
        if (publication != null) {
            return false;
        }
        try {
            publication = aeron.getExclusivePublication(publicationId);
        } catch (AeronException e) {
            // The client left before the driver could answer, or the driver has no room: there is no way to reply.
            ingress.closeLost(this, "its reply stream was refused: " + e.getMessage());
            return true;
        }
        return publication != null;
    }

    @Override
    protected void sendReply(DirectBuffer buffer, int offset, int length) {
        if (state() == State.CLOSED) {
            ingress.counters().repliesDropped++;
            return;
        }
        if (pending.isEmpty()) {
            final long result = offer(buffer, offset, length);
            if (result > 0) {
                return;
            }
            if (!isWaiting(result)) {
                ingress.counters().repliesDropped++;
                ingress.closeLost(this, "its reply stream is gone");
                return;
            }
        }
        if (pending.add(buffer, offset, length)) {
            ingress.counters().repliesParked++;
            if (!isListedAsPending) {
                isListedAsPending = true;
                ingress.onPending(this);
            }
        } else {
            ingress.counters().repliesDropped++;
            ingress.closeSlow(this, pending.sizeBytes());
        }
    }

    /**
     * Sends what is pending.
     *
     * @param leftPending set to whether something still is.
     * @return replies that left.
     */
    int flush(MutableBoolean leftPending) {
        int sent = 0;
        while (!pending.isEmpty()) {
            final long result = offer(pending.buffer(), pending.firstOffset(), pending.firstLength());
            if (result <= 0) {
                if (!isWaiting(result)) {
                    pending.clear();
                    ingress.closeLost(this, "its reply stream is gone");
                }
                break;
            }
            pending.removeFirst();
            sent++;
        }
        leftPending.set(!pending.isEmpty());
        isListedAsPending = !pending.isEmpty();
        return sent;
    }

    private long offer(DirectBuffer buffer, int offset, int length) {
        final ExclusivePublication target = publication;
        if (target == null) {
            return Publication.BACK_PRESSURED;
        }
        long result = target.offer(buffer, offset, length);
        for (int i = 1; i < OFFER_ATTEMPTS && result == Publication.ADMIN_ACTION; i++) {
            result = target.offer(buffer, offset, length);
        }
        if (result > 0) {
            wasConnected = true;
            final IngressCounters counters = ingress.counters();
            counters.replies++;
            counters.bytesOut += length;
        }
        return result;
    }

    private boolean isWaiting(long result) {
        return result == Publication.BACK_PRESSURED
                || result == Publication.ADMIN_ACTION
                || result == Publication.NOT_CONNECTED && !wasConnected;
    }

    @Override
    protected void onClosed(CloseReason reason) {
        closedAtNs = ingress.nowNs();
        ingress.onConnectionClosed(this, reason);
    }

    /** Frees everything, and makes the driver disconnect a client that did not leave by itself. */
    void free(Aeron aeron) {
        pending.clear();
        if (aeron.isClosed()) {
            return;
        }
        final CloseReason reason = closeReason();
        if (reason != CloseReason.CLOSED_BY_CLIENT && !image.isClosed()) {
            AeronIngress.rejectImage(image, String.valueOf(reason));
        }
        if (publication != null) {
            publication.close();
        } else {
            aeron.asyncRemovePublication(publicationId);
        }
    }
}
