package io.silo.gateway;

import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import io.silo.client.ShardEvents;
import io.silo.client.SiloClient;
import io.silo.grpc.v2.FollowEventsRequest;
import io.silo.grpc.v2.FollowEventsResponse;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledThreadPoolExecutor;

/** {@code FollowEvents} of {@code silo.v2}: who follows one shard with one token shares its {@link EventFeed}. Any thread. */
final class FollowCalls {
    /** Followers at once; each holds a message of up to about 200 KiB that its caller has not taken. */
    private static final int FOLLOWERS_MAX = 256;

    private final ShardAddresses addresses;
    private final OpenCalls open = new OpenCalls(FOLLOWERS_MAX, "too many followers of events (max 256)");

    /** Its thread begins with the first follower that waits, and waits for no answer. */
    private final ScheduledThreadPoolExecutor clock =
            new ScheduledThreadPoolExecutor(1, task -> new Thread(task, "silo-follow"));

    /** As many as there are tokens and shards. */
    private final Map<Source, EventFeed> feeds = new ConcurrentHashMap<>();

    /** A shard as the holder of a token sees it. */
    private record Source(SiloClient client, UUID shard) {}

    FollowCalls(ShardAddresses addresses) {
        this.addresses = addresses;
    }

    void follow(
            SiloClient client, FollowEventsRequest request, ServerCallStreamObserver<FollowEventsResponse> observer) {
        try {
            final ServedShard shard = addresses.find(request.getShard());
            check(request);
            final EventFeed feed = feeds.computeIfAbsent(
                    new Source(client, shard.id()),
                    source -> new EventFeed(new ShardEvents(source.client()), shard.rangeFirst(), clock));
            final EventFollower follower = new EventFollower(feed, open, observer, request);
            open.add(follower);
            follower.start();
        } catch (StatusRuntimeException refused) {
            observer.onError(refused);
        }
    }

    private void check(FollowEventsRequest request) {
        if (!request.getTenant().isEmpty()) {
            addresses.tenant(request.getShard(), request.getTenant());
        }
        if (request.getFromPosition() < 0) {
            throw Refusals.invalid("from_position must not be negative");
        }
        if (Integer.compareUnsigned(request.getFromIndex(), ShardEvents.INDEX_MAX) > 0) {
            throw Refusals.invalid("from_index must be at most 65,535");
        }
        if (Integer.compareUnsigned(request.getMaxBatch(), ShardEvents.PAGE_EVENTS_MAX) > 0) {
            throw Refusals.invalid("max_batch must be at most 256");
        }
    }

    /** Ends all followers, and refuses those that come later: the server stops. */
    void stop() {
        open.stop();
        clock.shutdownNow();
    }
}
