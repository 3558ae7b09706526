package io.silo.bench.load;

import io.silo.protocol.RejectReason;
import io.silo.protocol.command.Durability;
import io.silo.protocol.command.MessageHeaderEncoder;
import io.silo.protocol.command.SubscribeEncoder;
import io.silo.protocol.reply.EnqueueReplyDecoder;
import io.silo.protocol.reply.HelloReplyDecoder;
import io.silo.protocol.reply.OutcomeReplyDecoder;
import io.silo.protocol.reply.SubscribeReplyDecoder;
import io.silo.protocol.reply.TasksLeasedDecoder;
import io.silo.protocol.session.SessionGate;
import io.silo.protocol.session.ShardRoute;
import io.silo.transport.ReplyHandler;
import io.silo.transport.ShardClient;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/** A session with one shard thread: hands what arrives to the lane of its shard. One thread. */
final class LoadConnection implements ReplyHandler {
    static final long SUBSCRIPTION = 1;
    static final long TIMEOUT_NS = TimeUnit.SECONDS.toNanos(30);

    private final Durability durability;
    private final List<ShardRoute> routes = new ArrayList<>();
    private final List<Lane> laneOfShard = new ArrayList<>();
    private @Nullable ShardClient client;
    private boolean subscribed;

    LoadConnection(Durability durability) {
        this.durability = durability;
    }

    void client(ShardClient shardClient) {
        client = shardClient;
    }

    ShardClient client() {
        return Objects.requireNonNull(client);
    }

    void lanes(List<? extends Lane> all) {
        for (Lane lane : all) {
            while (laneOfShard.size() <= lane.shard()) {
                laneOfShard.add(lane); // a place for numbers in between; the right lane overwrites it
            }
            laneOfShard.set(lane.shard(), lane);
        }
    }

    /** What the server said of its shards. */
    List<ShardRoute> routes() {
        return List.copyOf(routes);
    }

    boolean isSubscribed() {
        return subscribed;
    }

    void subscribe(byte[] taskGroup, int credits) {
        final UnsafeBuffer buffer = new UnsafeBuffer(new byte[1_024]);
        final SubscribeEncoder subscribe = new SubscribeEncoder();
        final byte[] worker = "silo-load".getBytes(StandardCharsets.UTF_8);
        subscribe.wrapAndApplyHeader(buffer, 0, new MessageHeaderEncoder());
        subscribe.header().shardEpoch(0).shard(SessionGate.SHARD_THREAD).durability(durability);
        subscribe
                .subscriptionId(SUBSCRIPTION)
                .credits(credits)
                .tenant("")
                .putTaskGroup(taskGroup, 0, taskGroup.length)
                .putWorkerId(worker, 0, worker.length);
        final int length = MessageHeaderEncoder.ENCODED_LENGTH + subscribe.encodedLength();
        if (client().offer(buffer, 0, length, TIMEOUT_NS) <= 0) {
            throw new LoadException(RejectReason.UNREACHABLE, "The session was lost.");
        }
    }

    @Override
    public void onConnected(HelloReplyDecoder reply) {
        if (!routes.isEmpty()) {
            throw new LoadException(RejectReason.UNKNOWN_OUTCOME, "The connection was lost under load.");
        }
        for (HelloReplyDecoder.ShardsDecoder shard : reply.shards()) {
            routes.add(new ShardRoute(
                    shard.shard(),
                    shard.thread(),
                    shard.rangeFirst(),
                    shard.rangeLast(),
                    shard.shardEpoch(),
                    shard.idHigh(),
                    shard.idLow()));
        }
    }

    @Override
    public void onSubscribeReply(SubscribeReplyDecoder reply) {
        subscribed = true;
    }

    @Override
    public void onError(long correlationId, @Nullable RejectReason reason, int code, long retryAfterMs) {
        for (int i = 0; i < laneOfShard.size(); i++) {
            if (laneOfShard.get(i).onRefused(correlationId, reason)) {
                return;
            }
        }
        throw new LoadException(
                reason, reason == null ? "The server refused with code " + code + "." : reason.sentence());
    }

    @Override
    public void onUnknownOutcome(long correlationId) {
        throw new LoadException(RejectReason.UNKNOWN_OUTCOME, RejectReason.UNKNOWN_OUTCOME.sentence());
    }

    @Override
    public void onEnqueueReply(EnqueueReplyDecoder reply) {
        laneOfShard.get(reply.header().shard()).onEnqueueReply(reply);
    }

    @Override
    public void onTasksLeased(TasksLeasedDecoder reply) {
        laneOfShard.get(reply.header().shard()).onTasksLeased(reply);
    }

    @Override
    public void onOutcomeReply(OutcomeReplyDecoder reply) {
        laneOfShard.get(reply.header().shard()).onOutcomeReply(reply);
    }
}
