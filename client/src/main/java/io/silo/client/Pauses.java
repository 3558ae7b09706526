package io.silo.client;

import io.silo.protocol.Bounds;
import io.silo.protocol.RejectReason;
import io.silo.protocol.command.MessageHeaderEncoder;
import io.silo.protocol.command.PauseKind;
import io.silo.protocol.command.SetPausedEncoder;
import io.silo.protocol.reply.PausedReplyDecoder;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.agrona.MutableDirectBuffer;
import org.jspecify.annotations.Nullable;

/** How a client pauses and resumes task groups, which are on every shard, and tenants, which are on one. Any thread. */
final class Pauses {
    private final SiloClient client;

    Pauses(SiloClient client) {
        this.client = client;
    }

    /** On every shard; fails if one of them does, when all have answered. */
    CompletableFuture<Void> setTaskGroup(String taskGroup, boolean paused) {
        if (JobRequest.utf8Length(taskGroup) > JobRequest.TEXT_BYTES_MAX) {
            return CompletableFuture.failedFuture(new SiloException(RejectReason.TASK_GROUP_TOO_LONG));
        }
        return client.withMap().thenCompose(map -> {
            final List<CompletableFuture<Boolean>> sent = map.targets().stream()
                    .map(target -> client.submit(new SetPaused(
                            PauseKind.TASK_GROUP, taskGroup, paused, target.shard(), durability(), deadlineNs())))
                    .toList();
            return CompletableFuture.allOf(sent.toArray(new CompletableFuture<?>[0]));
        });
    }

    CompletableFuture<Void> setTenant(String tenant, boolean paused) {
        if (JobRequest.utf8Length(tenant) > JobRequest.TEXT_BYTES_MAX) {
            return CompletableFuture.failedFuture(new SiloException(RejectReason.INVALID_TENANT));
        }
        final String name = tenant.isEmpty() ? Bounds.TENANT_NONE : tenant;
        return client.submit(
                        new SetPaused(PauseKind.TENANT, name, paused, SetPaused.OF_TENANT, durability(), deadlineNs()))
                .thenApply(changed -> null);
    }

    private Durability durability() {
        return client.settings().durability;
    }

    private long deadlineNs() {
        return client.deadlineNs();
    }

    /** Pauses or resumes on one shard. Its value is whether that changed something. */
    private static final class SetPaused extends Call<Boolean> {
        /** The shard is the one of the tenant. */
        static final int OF_TENANT = -1;

        private final PauseKind kind;
        private final String name;
        private final boolean paused;
        private final int shard;
        private final Durability durability;

        /** @param shard number on the node, or {@link #OF_TENANT}. */
        SetPaused(PauseKind kind, String name, boolean paused, int shard, Durability durability, long deadlineNs) {
            super(deadlineNs);
            this.kind = kind;
            this.name = name;
            this.paused = paused;
            this.shard = shard;
            this.durability = durability;
        }

        @Override
        ShardMap.@Nullable Target target(ShardMap map) {
            if (shard == OF_TENANT) {
                return map.target(ShardMap.hash(name));
            }
            return map.targets().stream()
                    .filter(target -> target.shard() == shard)
                    .findFirst()
                    .orElse(null);
        }

        @Override
        int encode(CommandCodecs codecs, MutableDirectBuffer buffer, ShardMap.Target target) {
            final SetPausedEncoder command = codecs.setPaused.wrapAndApplyHeader(buffer, 0, codecs.messageHeader);
            CommandCodecs.fill(command.header(), target, durability);
            command.kind(kind).paused((short) (paused ? 1 : 0)).name(name);
            return MessageHeaderEncoder.ENCODED_LENGTH + command.encodedLength();
        }

        @Override
        public void onPausedReply(PausedReplyDecoder reply) {
            succeed(reply.changed() != 0);
        }
    }
}
