package io.silo.client;

import io.silo.protocol.Bounds;
import io.silo.protocol.RejectReason;
import io.silo.protocol.command.ListPausesEncoder;
import io.silo.protocol.command.MessageHeaderEncoder;
import io.silo.protocol.command.PauseKind;
import io.silo.protocol.command.SetPausedEncoder;
import io.silo.protocol.reply.PausedReplyDecoder;
import io.silo.protocol.reply.PausesReplyDecoder;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.agrona.MutableDirectBuffer;

/** How a client pauses and resumes task groups, which are on every shard, and tenants, which are on one. Any thread. */
final class Pauses {
    /** Before all names. */
    private static final Pause FIRST = new Pause(Pause.Kind.TASK_GROUP, "");

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
                        new SetPaused(PauseKind.TENANT, name, paused, ShardCall.OF_TENANT, durability(), deadlineNs()))
                .thenApply(changed -> null);
    }

    /** What is paused on any shard, each once, by kind and name. */
    CompletableFuture<List<Pause>> list() {
        return client.withMap().thenCompose(map -> {
            final Set<Pause> found = ConcurrentHashMap.newKeySet();
            final CompletableFuture<?>[] read = map.targets().stream()
                    .map(target -> listFrom(target.shard(), FIRST, found))
                    .toArray(CompletableFuture<?>[]::new);
            return CompletableFuture.allOf(read)
                    .thenApply(done -> found.stream().sorted().toList());
        });
    }

    /** Reads page after page of a shard; each is behind the one before, so that this ends. */
    private CompletableFuture<Void> listFrom(int shard, Pause after, Set<Pause> found) {
        return client.submit(new ListPauses(shard, after, deadlineNs())).thenCompose(page -> {
            found.addAll(page.pauses());
            return page.isLast()
                    ? CompletableFuture.<Void>completedFuture(null)
                    : listFrom(shard, page.pauses().get(page.pauses().size() - 1), found);
        });
    }

    private Durability durability() {
        return client.settings().durability;
    }

    private long deadlineNs() {
        return client.deadlineNs();
    }

    /** Pauses or resumes on one shard. Its value is whether that changed something. */
    private static final class SetPaused extends ShardCall<Boolean> {
        private final PauseKind kind;
        private final String name;
        private final boolean paused;
        private final Durability durability;

        /** @param shard number on the node; a tenant is on its own. */
        SetPaused(PauseKind kind, String name, boolean paused, int shard, Durability durability, long deadlineNs) {
            super(shard, kind == PauseKind.TENANT ? name : "", deadlineNs);
            this.kind = kind;
            this.name = name;
            this.paused = paused;
            this.durability = durability;
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

    private record Page(List<Pause> pauses, boolean isLast) {}

    /** Reads a page of what is paused on a shard. */
    private static final class ListPauses extends ShardCall<Page> {
        private final Pause after;

        ListPauses(int shard, Pause after, long deadlineNs) {
            super(shard, "", deadlineNs);
            this.after = after;
        }

        @Override
        int encode(CommandCodecs codecs, MutableDirectBuffer buffer, ShardMap.Target target) {
            final ListPausesEncoder command = codecs.listPauses.wrapAndApplyHeader(buffer, 0, codecs.messageHeader);
            CommandCodecs.fill(command.header(), target, Durability.DURABLE);
            command.afterKind(PauseKind.get((short) after.kind().ordinal())).afterName(after.name());
            return MessageHeaderEncoder.ENCODED_LENGTH + command.encodedLength();
        }

        @Override
        public void onPausesReply(PausesReplyDecoder reply) {
            final boolean isLast = reply.isLast() != 0;
            final List<Pause> pauses = new ArrayList<>();
            for (final PausesReplyDecoder.PausesDecoder item : reply.pauses()) {
                final Pause.Kind kind =
                        item.kindRaw() == PauseKind.TENANT.value() ? Pause.Kind.TENANT : Pause.Kind.TASK_GROUP;
                pauses.add(new Pause(kind, item.name()));
            }
            if (!isLast && (pauses.isEmpty() || pauses.get(pauses.size() - 1).compareTo(after) <= 0)) {
                fail(new SiloException(RejectReason.UNKNOWN_OUTCOME, "The server sent a page that leads nowhere."));
                return;
            }
            succeed(new Page(pauses, isLast));
        }
    }
}
