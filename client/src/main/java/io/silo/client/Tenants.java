package io.silo.client;

import io.silo.protocol.Bounds;
import io.silo.protocol.RejectReason;
import io.silo.protocol.command.GetTenantEncoder;
import io.silo.protocol.command.ListTenantsEncoder;
import io.silo.protocol.command.MessageHeaderEncoder;
import io.silo.protocol.command.SetTenantEncoder;
import io.silo.protocol.reply.TenantSetReplyDecoder;
import io.silo.protocol.reply.TenantsReplyDecoder;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.agrona.MutableDirectBuffer;

/**
 * What tenants may have of the server: for operators. See {@link SiloClient#tenants}. Needs a token with the verb {@code manage} to set,
 * {@code read} to read; a token of one tenant sets nothing ({@code PERMISSION_DENIED}) and reads that tenant's. Any thread.
 */
public final class Tenants {
    private final SiloClient client;

    Tenants(SiloClient client) {
        this.client = client;
    }

    /**
     * Sets what a tenant may have, over restarts; what the change does not name stays. Throws {@code INVALID_TENANT_SETTING} if it names
     * nothing, or something out of range.
     */
    public void set(String tenant, TenantChange change) {
        SiloClient.join(setAsync(tenant, change));
    }

    /** As {@link #set}, without waiting. */
    public CompletableFuture<Void> setAsync(String tenant, TenantChange change) {
        return isTooLong(tenant)
                ? CompletableFuture.failedFuture(new SiloException(RejectReason.INVALID_TENANT))
                : client.submit(new SetTenant(name(tenant), change, client.settings().durability, client.deadlineNs()))
                        .thenApply(changed -> null);
    }

    /** Reads what a tenant may have, and what it has. One that nothing was set for and that has no job is fine. */
    public Tenant get(String tenant) {
        return SiloClient.join(getAsync(tenant));
    }

    /** As {@link #get}, without waiting. */
    public CompletableFuture<Tenant> getAsync(String tenant) {
        return isTooLong(tenant)
                ? CompletableFuture.failedFuture(new SiloException(RejectReason.INVALID_TENANT))
                : client.submit(new GetTenant(name(tenant), client.deadlineNs()));
    }

    /** Reads all tenants that something was set for, by name. */
    public List<Tenant> list() {
        return SiloClient.join(listAsync());
    }

    /** As {@link #list}, without waiting. */
    public CompletableFuture<List<Tenant>> listAsync() {
        return client.withMap().thenCompose(map -> {
            final Queue<Tenant> found = new ConcurrentLinkedQueue<>();
            final CompletableFuture<?>[] read = map.targets().stream()
                    .map(target -> listFrom(target.shard(), "", found))
                    .toArray(CompletableFuture<?>[]::new);
            return CompletableFuture.allOf(read)
                    .thenApply(done -> found.stream()
                            .sorted(Comparator.comparing(Tenant::name))
                            .toList());
        });
    }

    /** Reads page after page of a shard; each is behind the one before, so that this ends. */
    private CompletableFuture<Void> listFrom(int shard, String after, Queue<Tenant> found) {
        return client.submit(new ListTenants(shard, after, client.deadlineNs())).thenCompose(page -> {
            found.addAll(page.tenants());
            return page.isLast()
                    ? CompletableFuture.<Void>completedFuture(null)
                    : listFrom(
                            shard, page.tenants().get(page.tenants().size() - 1).name(), found);
        });
    }

    private static boolean isTooLong(String tenant) {
        return JobRequest.utf8Length(tenant) > JobRequest.TEXT_BYTES_MAX;
    }

    private static String name(String tenant) {
        return tenant.isEmpty() ? Bounds.TENANT_NONE : tenant;
    }

    private static List<Tenant> tenants(TenantsReplyDecoder reply) {
        final List<Tenant> tenants = new ArrayList<>();
        for (final TenantsReplyDecoder.TenantsDecoder item : reply.tenants()) {
            final TenantSettings settings = new TenantSettings(
                    item.weight(), item.runningMax(), item.queuedMax(), item.bytesMax(), item.enqueuesPerSecond());
            final long bytes = item.bytes();
            tenants.add(new Tenant(item.tenant(), settings, item.scheduled(), item.running(), bytes));
        }
        return tenants;
    }

    /** Sets what one tenant may have. Its value is whether that changed something. */
    private static final class SetTenant extends ShardCall<Boolean> {
        private final String tenant;
        private final TenantChange change;
        private final Durability durability;

        SetTenant(String tenant, TenantChange change, Durability durability, long deadlineNs) {
            super(OF_TENANT, tenant, deadlineNs);
            this.tenant = tenant;
            this.change = change;
            this.durability = durability;
        }

        @Override
        int encode(CommandCodecs codecs, MutableDirectBuffer buffer, ShardMap.Target target) {
            final SetTenantEncoder command = codecs.setTenant.wrapAndApplyHeader(buffer, 0, codecs.messageHeader);
            CommandCodecs.fill(command.header(), target, durability);
            command.fields((short) change.fields)
                    .weight(change.weight)
                    .runningMax(change.runningMax)
                    .queuedMax(change.queuedMax)
                    .bytesMax(change.bytesMax)
                    .enqueuesPerSecond(change.enqueuesPerSecond)
                    .tenant(tenant);
            return MessageHeaderEncoder.ENCODED_LENGTH + command.encodedLength();
        }

        @Override
        public void onTenantSetReply(TenantSetReplyDecoder reply) {
            succeed(reply.changed() != 0);
        }
    }

    /** Reads one tenant. */
    private static final class GetTenant extends ShardCall<Tenant> {
        private final String tenant;

        GetTenant(String tenant, long deadlineNs) {
            super(OF_TENANT, tenant, deadlineNs);
            this.tenant = tenant;
        }

        @Override
        int encode(CommandCodecs codecs, MutableDirectBuffer buffer, ShardMap.Target target) {
            final GetTenantEncoder command = codecs.getTenant.wrapAndApplyHeader(buffer, 0, codecs.messageHeader);
            CommandCodecs.fill(command.header(), target, Durability.DURABLE);
            command.tenant(tenant);
            return MessageHeaderEncoder.ENCODED_LENGTH + command.encodedLength();
        }

        @Override
        public void onTenantsReply(TenantsReplyDecoder reply) {
            final List<Tenant> tenants = tenants(reply);
            if (tenants.size() == 1) {
                succeed(tenants.get(0));
            } else {
                fail(new SiloException(RejectReason.UNKNOWN_OUTCOME, "The server answered for another tenant."));
            }
        }
    }

    private record Page(List<Tenant> tenants, boolean isLast) {}

    /** Reads a page of the tenants of a shard. */
    private static final class ListTenants extends ShardCall<Page> {
        private final String after;

        ListTenants(int shard, String after, long deadlineNs) {
            super(shard, "", deadlineNs);
            this.after = after;
        }

        @Override
        int encode(CommandCodecs codecs, MutableDirectBuffer buffer, ShardMap.Target target) {
            final ListTenantsEncoder command = codecs.listTenants.wrapAndApplyHeader(buffer, 0, codecs.messageHeader);
            CommandCodecs.fill(command.header(), target, Durability.DURABLE);
            command.after(after);
            return MessageHeaderEncoder.ENCODED_LENGTH + command.encodedLength();
        }

        @Override
        public void onTenantsReply(TenantsReplyDecoder reply) {
            final boolean isLast = reply.isLast() != 0;
            final List<Tenant> tenants = tenants(reply);
            if (!isLast
                    && (tenants.isEmpty()
                            || tenants.get(tenants.size() - 1).name().compareTo(after) <= 0)) {
                fail(new SiloException(RejectReason.UNKNOWN_OUTCOME, "The server sent a page that leads nowhere."));
                return;
            }
            succeed(new Page(tenants, isLast));
        }
    }
}
