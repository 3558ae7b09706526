package io.silo.transport;

import io.aeron.Aeron;
import io.aeron.AvailableImageHandler;
import io.aeron.Image;
import io.aeron.Subscription;
import io.aeron.UnavailableImageHandler;
import io.aeron.exceptions.AeronException;
import io.aeron.logbuffer.ControlledFragmentHandler.Action;
import io.silo.protocol.CommandConsumer;
import io.silo.protocol.CommandConsumer.Disposition;
import io.silo.protocol.Session;
import io.silo.protocol.session.CloseReason;
import io.silo.protocol.session.Connection;
import io.silo.protocol.session.SessionGate;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.agrona.DirectBuffer;
import org.agrona.LangUtil;
import org.agrona.collections.Long2ObjectHashMap;
import org.agrona.collections.LongHashSet;
import org.agrona.collections.MutableBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The Aeron side of one shard thread: commands come in over shared memory and UDP on one stream id, replies leave on a response
 * channel per client. It moves bytes; who may say what is decided by {@link SessionGate}.
 *
 * <p>Images are polled one by one, starting with another one each time, so that a busy client cannot starve the others. Made
 * and closed by the owner of the shard thread; everything else runs on the shard thread. A poll that finds only commands
 * allocates nothing.
 */
public final class AeronIngress implements AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(AeronIngress.class);

    // 5 s: what a refused client has to connect its reply stream and read why; as long as Aeron lingers itself.
    private static final long CLOSING_TIMEOUT_NS = TimeUnit.SECONDS.toNanos(5);

    // 1 s: a last reply that has left is read in that time; the client is cut off only then.
    private static final long LAST_REPLY_NS = TimeUnit.SECONDS.toNanos(1);

    /**
     * 5 s, half of Aeron's time-outs: a process that stood still for longer cannot know who is still there, and must not push tasks
     * to who is not. In less nobody has left.
     */
    static final long STANDSTILL_NS = TimeUnit.SECONDS.toNanos(5);

    private final IngressContext context;
    private final SessionGate gate;
    private final IngressCounters counters;
    private final BufferPool pool;
    private final AeronCommandSource commandSource = new AeronCommandSource(this);
    private final AeronReplySink replySink = new AeronReplySink(this);

    private final ArrayList<AeronConnection> live = new ArrayList<>();
    private final ArrayList<AeronConnection> connecting = new ArrayList<>();
    private final ArrayList<AeronConnection> withPending = new ArrayList<>();
    private final ArrayList<AeronConnection> closing = new ArrayList<>();
    private final Long2ObjectHashMap<AeronConnection> byImage = new Long2ObjectHashMap<>();
    private final LongHashSet rejectedImages = new LongHashSet();
    private final MutableBoolean leftPending = new MutableBoolean();

    private Aeron aeron;
    private @Nullable Subscription ipc;
    private @Nullable Subscription udp;
    private volatile boolean imagesChanged;
    private int imageCount;
    private int firstPolled;
    private long nowNs;
    private boolean lossHandled;
    private boolean subscribed;

    // Of the poll that runs now; a fragment handler cannot be given more arguments.
    private @Nullable CommandConsumer consumer;
    private boolean stopPolling;
    private @Nullable Throwable failure;

    /** Opens the subscriptions; waits for the media driver at most its own time-out. */
    public AeronIngress(Aeron aeron, IngressContext context) {
        this.context = context;
        this.nowNs = context.clock.nanoTime();
        this.gate = new SessionGate(context.thread, context.limits, context.tokens, context.hello, nowNs);
        this.counters = new IngressCounters(gate.counters());
        this.pool = new BufferPool(context.pendingBytesMax, context.pendingBytesTotalMax);
        this.aeron = aeron;
        subscribe();
    }

    /** Where the shard thread's commands come from. */
    public AeronCommandSource commandSource() {
        return commandSource;
    }

    /** Where its replies go. */
    public AeronReplySink replySink() {
        return replySink;
    }

    /** What it has seen; readable from any thread. */
    public IngressCounters counters() {
        return counters;
    }

    /** Whether the Aeron client under it is gone: its driver died, or the process stood still for longer than its time-out. */
    public boolean isLost() {
        return !subscribed || aeron.isClosed();
    }

    /**
     * Goes on with a new Aeron client after {@link #isLost}; all sessions end as lost at the next poll. Waits for the media driver
     * at most its own time-out; when it throws, the ingress is still lost and takes another.
     */
    public void attach(Aeron newAeron) {
        closeAll(CloseReason.SERVER_CLOSED);
        freeClosing(true);
        closeSubscriptions();
        byImage.clear();
        rejectedImages.clear();
        aeron = newAeron;
        lossHandled = false;
        subscribe();
    }

    /**
     * Ends all sessions as lost, at the next poll, as if the process had been started again: clients connect anew, and learn which shards
     * there are now. While nobody polls.
     */
    public void dropSessions() {
        closeAll(CloseReason.CONNECTION_LOST);
    }

    /** Closes subscriptions and reply streams. Sessions end as lost; the consumer is not told. */
    @Override
    public void close() {
        closeAll(CloseReason.SERVER_CLOSED);
        freeClosing(true);
        closeSubscriptions();
    }

    private void closeSubscriptions() {
        if (!aeron.isClosed()) {
            if (ipc != null) {
                ipc.close();
            }
            if (udp != null) {
                udp.close();
            }
        }
        ipc = null;
        udp = null;
        subscribed = false;
    }

    private void subscribe() {
        final int stream = Channels.ingressStream(context.baseStream, context.thread);
        // Both run on Aeron's conductor thread: they only raise the flag.
        final AvailableImageHandler available = image -> imagesChanged = true;
        final UnavailableImageHandler unavailable = image -> imagesChanged = true;
        ipc = context.ipc ? aeron.addSubscription(Channels.ipcIngress(), stream, available, unavailable) : null;
        final String endpoint = context.udpEndpoint;
        udp = endpoint == null
                ? null
                : aeron.addSubscription(Channels.udpIngress(endpoint), stream, available, unavailable);
        imagesChanged = true;
        subscribed = true;
    }

    int poll(CommandConsumer commandConsumer, int limit) {
        final long polledNs = nowNs;
        nowNs = context.clock.nanoTime();
        if (nowNs - polledNs > STANDSTILL_NS
                && !live.isEmpty()
                && context.standstills.isWholeProcess(polledNs, nowNs)) {
            LOGGER.warn("The process stood still; {} connections have to be made anew", live.size());
            closeAll(CloseReason.CONNECTION_LOST);
        }
        int workCount = pollImages() + gate.checkTimeouts(nowNs);
        consumer = commandConsumer;
        stopPolling = false;
        failure = null;
        final int count = live.size();
        if (count > 0) {
            firstPolled = firstPolled + 1 < count ? firstPolled + 1 : 0;
            int left = limit;
            for (int i = 0; i < count && left > 0 && !stopPolling; i++) {
                final int index = firstPolled + i;
                final AeronConnection connection = live.get(index < count ? index : index - count);
                if (connection.state() != Connection.State.CLOSED) {
                    final int fragments = connection.poll(left, nowNs);
                    left -= fragments;
                    workCount += fragments;
                }
            }
        }
        workCount += freeClosing(false);
        workCount += notifyEnded(commandConsumer);
        consumer = null;
        if (failure != null) {
            LangUtil.rethrowUnchecked(failure);
        }
        return workCount;
    }

    /** Called by Aeron. Whatever is thrown here Aeron would swallow together with the fragment, so nothing is. */
    private Action onMessage(AeronConnection connection, DirectBuffer buffer, int offset, int length) {
        final CommandConsumer commandConsumer = consumer;
        if (commandConsumer == null || stopPolling) {
            return Action.ABORT;
        }
        try {
            final Disposition disposition = gate.onMessage(connection, buffer, offset, length, commandConsumer, nowNs);
            if (disposition == Disposition.RETRY) {
                stopPolling = true;
                return Action.ABORT;
            }
            counters.commands++;
            counters.bytesIn += length;
            if (disposition == Disposition.FAILED) {
                stopPolling = true;
                return Action.BREAK;
            }
            return connection.state() == Connection.State.CLOSED ? Action.BREAK : Action.CONTINUE;
        } catch (Throwable t) { // any bug of the consumer, an Error too: poll rethrows it
            failure = t;
            stopPolling = true;
            return Action.BREAK;
        }
    }

    private int notifyEnded(CommandConsumer commandConsumer) {
        try {
            return gate.notifyEnded(commandConsumer);
        } catch (Throwable t) { // as above; the first failure is the one to tell
            if (failure == null) {
                failure = t;
            }
            return 1;
        }
    }

    /** How long the oldest message of any connection has waited, at most. Looks at each of them. */
    long waitedMs() {
        long waitedNs = 0;
        for (int i = 0; i < live.size(); i++) {
            waitedNs = Math.max(waitedNs, live.get(i).waitedNs(nowNs));
        }
        return TimeUnit.NANOSECONDS.toMillis(waitedNs);
    }

    void send(Session session, DirectBuffer buffer, int offset, int length) {
        final Connection connection = gate.connection(session);
        if (connection instanceof AeronConnection target) {
            target.sendReply(buffer, offset, length);
        } else {
            counters.repliesDropped++;
        }
    }

    boolean isBehind(Session session) {
        return gate.connection(session) instanceof AeronConnection target && target.hasPending();
    }

    int flush() {
        int workCount = 0;
        for (int i = withPending.size() - 1; i >= 0; i--) {
            final AeronConnection connection = withPending.get(i);
            workCount += connection.flush(leftPending);
            if (!leftPending.get()) {
                // Order among sessions does not matter: the last one takes the free place.
                withPending.set(i, withPending.get(withPending.size() - 1));
                withPending.remove(withPending.size() - 1);
            }
        }
        counters.pendingBytes = pool.bytesInUse();
        return workCount;
    }

    private int pollImages() {
        if (aeron.isClosed()) {
            if (!lossHandled) {
                lossHandled = true;
                LOGGER.warn("The media driver is gone; {} connections are lost", live.size());
                closeAll(CloseReason.SERVER_CLOSED);
                return 1;
            }
            return 0;
        }
        int workCount = 0;
        final int currentCount = imageCount(ipc) + imageCount(udp);
        // The flag alone is not enough: Aeron may call the handler before it adds the image.
        if (imagesChanged || currentCount != imageCount) {
            imagesChanged = false;
            imageCount = currentCount;
            reconcile();
            workCount++;
        }
        for (int i = connecting.size() - 1; i >= 0; i--) {
            final AeronConnection connection = connecting.get(i);
            if (connection.pollPublication(aeron)) {
                workCount++;
            }
            if (!connection.isConnecting()
                    || connection.state() == Connection.State.CLOSED && !connection.hasPending()) {
                connecting.remove(i);
            }
        }
        return workCount;
    }

    private static int imageCount(@Nullable Subscription subscription) {
        return subscription == null ? 0 : subscription.imageCount();
    }

    private void reconcile() {
        final Iterator<AeronConnection> known = byImage.values().iterator();
        while (known.hasNext()) {
            final AeronConnection connection = known.next();
            if (connection.image().isClosed()) {
                gate.close(connection, CloseReason.CONNECTION_LOST);
                known.remove();
            }
        }
        final String control = context.udpControl;
        if (ipc != null) {
            acceptNew(ipc, null);
        }
        if (udp != null && control != null) {
            acceptNew(udp, control);
        }
    }

    private void acceptNew(Subscription subscription, @Nullable String udpControl) {
        final List<Image> images = subscription.images();
        for (final Image image : images) {
            final long id = image.correlationId();
            if (byImage.containsKey(id) || rejectedImages.contains(id) || image.isClosed()) {
                continue;
            }
            if (image.termBufferLength() > Channels.TERM_LENGTH) {
                reject(image, "Expected a term length of " + Channels.TERM_LENGTH + ", but it is larger.");
            } else if (byImage.size() >= context.limits.sessionsMax() + IngressContext.CONNECTIONS_SPARE) {
                reject(image, "The server has no room for another connection.");
            } else {
                accept(image, udpControl);
            }
        }
        if (rejectedImages.size() > 4 * IngressContext.CONNECTIONS_SPARE) {
            // Ids of images long gone; one that is still there is rejected once more.
            rejectedImages.clear();
        }
    }

    private void accept(Image image, @Nullable String udpControl) {
        final String channel = udpControl == null
                ? Channels.ipcResponse(image.correlationId())
                : Channels.udpResponse(udpControl, image.correlationId());
        final long publicationId;
        try {
            publicationId = aeron.asyncAddExclusivePublication(
                    channel, Channels.responseStream(image.subscription().streamId()));
        } catch (AeronException e) {
            reject(image, "The server cannot open a reply stream: " + e.getMessage());
            return;
        }
        final AeronConnection connection = new AeronConnection(this, image, this::onMessage, pool, publicationId);
        byImage.put(image.correlationId(), connection);
        live.add(connection);
        connecting.add(connection);
        gate.onConnected(connection, nowNs);
    }

    private void reject(Image image, String why) {
        counters.imagesRejected++;
        rejectedImages.add(image.correlationId());
        LOGGER.info("Turned a connection away: {}", why);
        rejectImage(image, why);
    }

    static void rejectImage(Image image, String why) {
        try {
            image.reject(why);
        } catch (AeronException e) {
            // The image went by itself, or the driver is busy dying: either way nothing is read from it.
            LOGGER.debug("Could not reject an image", e);
        }
    }

    private void closeAll(CloseReason reason) {
        for (int i = live.size() - 1; i >= 0; i--) {
            gate.close(live.get(i), reason);
        }
    }

    void closeLost(AeronConnection connection, String why) {
        LOGGER.debug("Session {} is lost: {}", sessionId(connection), why);
        gate.close(connection, CloseReason.CONNECTION_LOST);
    }

    void closeSlow(AeronConnection connection, int pendingBytes) {
        LOGGER.warn(
                "Dropped session {}: its client left {} bytes of replies unread", sessionId(connection), pendingBytes);
        gate.close(connection, CloseReason.TOO_SLOW);
    }

    void onPending(AeronConnection connection) {
        withPending.add(connection);
    }

    /** The gate has closed it; called once. */
    void onConnectionClosed(AeronConnection connection, CloseReason reason) {
        switch (reason) {
            case UNAUTHENTICATED, UNSUPPORTED, TOO_MANY_SESSIONS, MALFORMED_FRAMES, SILENT ->
                LOGGER.info("Closed connection of session {}: {}", sessionId(connection), reason);
            case CLOSED_BY_CLIENT, CONNECTION_LOST, TOO_SLOW, SERVER_CLOSED -> {
                // Ordinary, or logged with more detail already.
            }
        }
        closing.add(connection);
    }

    private int freeClosing(boolean now) {
        int freed = 0;
        for (int i = closing.size() - 1; i >= 0; i--) {
            final AeronConnection connection = closing.get(i);
            if (now || !mayStillRead(connection)) {
                closing.remove(i);
                live.remove(connection);
                connecting.remove(connection);
                withPending.remove(connection);
                connection.free(aeron);
                freed++;
            }
        }
        return freed;
    }

    /** Whether a last reply may still be on its way to its client. */
    private boolean mayStillRead(AeronConnection connection) {
        final CloseReason reason = connection.closeReason();
        if (connection.image().isClosed()
                || reason == CloseReason.CONNECTION_LOST
                || reason == CloseReason.CLOSED_BY_CLIENT
                || reason == CloseReason.TOO_SLOW) {
            return false;
        }
        return nowNs - connection.closedAtNs() < (connection.hasPending() ? CLOSING_TIMEOUT_NS : LAST_REPLY_NS);
    }

    /** Whether the consumer wants no more in this poll. */
    boolean isPollingStopped() {
        return stopPolling;
    }

    long nowNs() {
        return nowNs;
    }

    private static long sessionId(Connection connection) {
        final Session session = connection.session();
        return session == null ? 0 : session.id();
    }
}
