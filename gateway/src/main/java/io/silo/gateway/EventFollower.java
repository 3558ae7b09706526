package io.silo.gateway;

import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import io.silo.client.ShardEvents;
import io.silo.grpc.v2.FollowEventsRequest;
import io.silo.grpc.v2.FollowEventsResponse;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One {@code FollowEvents} call. It reads a page when its caller has taken what was sent, and waits when there is none; so it holds one
 * message at most. Guarded by itself; called by gRPC's threads and the client's, none of which waits here.
 */
final class EventFollower implements OpenCalls.Waiting {
    /** How far it has read is told so often where nothing else is, and where it has read on. */
    private static final long POSITIONS_NS = TimeUnit.SECONDS.toNanos(1);

    private final EventFeed feed;
    private final OpenCalls open;
    private final ServerCallStreamObserver<FollowEventsResponse> observer;
    private final String tenant;
    private final int eventsMax;
    private long position;
    private int index;

    /** A page is being read, or it waits for more. */
    private boolean busy;

    private boolean ended;

    /** What the caller was not told of: how far it has read. Null = nothing. */
    private @Nullable FollowEventsResponse untold;

    /** A caller is told where it stands before anything happens. */
    private boolean hasTold;

    private long toldNs = System.nanoTime();

    EventFollower(
            EventFeed feed,
            OpenCalls open,
            ServerCallStreamObserver<FollowEventsResponse> observer,
            FollowEventsRequest request) {
        this.feed = feed;
        this.open = open;
        this.observer = observer;
        tenant = request.getTenant();
        eventsMax = request.getMaxBatch() == 0 ? ShardEvents.PAGE_EVENTS_MAX : request.getMaxBatch();
        if (!request.hasFromPosition()) {
            position = ShardEvents.END;
        } else if (request.getFromPosition() == 0 && request.getFromIndex() == 0) {
            position = ShardEvents.FIRST;
        } else {
            position = request.getFromPosition();
            index = request.getFromIndex();
        }
    }

    /** Begins to read. On the thread of the call, before it returns to gRPC. */
    void start() {
        observer.setOnCancelHandler(() -> end(null));
        observer.setOnReadyHandler(this::goOn);
        goOn();
    }

    /** Reads on, if the caller takes what it is sent and nothing is under way. */
    private void goOn() {
        final EventFeed.Asked asked;
        synchronized (this) {
            if (ended || busy || !observer.isReady()) {
                return;
            }
            busy = true;
            asked = new EventFeed.Asked(tenant, position, index, eventsMax);
        }
        var unused = feed.page(asked).whenComplete((page, failed) -> {
            if (failed == null) {
                onPage(page);
            } else {
                end(Refusals.of(failed));
            }
        });
    }

    private void onPage(FollowEventsResponse page) {
        synchronized (this) {
            if (ended) {
                return;
            }
            position = page.getNextPosition();
            index = page.getNextIndex();
            untold = page;
            if (page.getEventsCount() > 0 || page.getCaughtUp() && !hasTold) {
                tell();
            } else {
                tellPositions();
            }
            busy = page.getCaughtUp();
        }
        if (page.getCaughtUp()) {
            await(page);
        } else {
            goOn();
        }
    }

    private void await(FollowEventsResponse page) {
        var unused = feed.awaitBehind(page.getNextPosition() - 1, POSITIONS_NS).whenComplete((grown, failed) -> {
            if (failed != null) {
                end(Refusals.of(failed));
                return;
            }
            synchronized (this) {
                if (ended) {
                    return;
                }
                if (!grown) {
                    tellPositions();
                }
                busy = !grown;
            }
            if (grown) {
                goOn();
            } else {
                await(page);
            }
        });
    }

    /** Tells how far it has read, unless it was told, or something else a moment ago. */
    private void tellPositions() {
        if (untold != null && System.nanoTime() - toldNs >= POSITIONS_NS && observer.isReady()) {
            tell();
        }
    }

    private void tell() {
        if (untold != null) {
            observer.onNext(untold);
            untold = null;
            hasTold = true;
            toldNs = System.nanoTime();
        }
    }

    @Override
    public void onStop() {
        end(OpenCalls.stopping());
    }

    /** @param why null = the caller has gone. */
    private void end(@Nullable StatusRuntimeException why) {
        synchronized (this) {
            if (ended) {
                return;
            }
            ended = true;
            open.remove(this); // before it is told, as who hears of it may open another at once
            untold = null;
            if (why != null && !observer.isCancelled()) {
                observer.onError(why);
            }
        }
    }
}
