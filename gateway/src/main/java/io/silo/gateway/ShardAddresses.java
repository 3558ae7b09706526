package io.silo.gateway;

import io.grpc.StatusRuntimeException;
import io.silo.client.JobRef;
import io.silo.client.LeaseId;
import io.silo.protocol.Xxh64;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/** Checks the shard that a call names: every call names one, and with it a tenant that belongs there. Immutable; any thread. */
final class ShardAddresses {
    /** Stands for no tenant. Its jobs are found whatever shard is named, since clients without tenants choose one at will. */
    static final String NO_TENANT = "-";

    /** Of a UUID in full; the parser takes shortened ones, too. */
    private static final int ID_LENGTH = 36;

    private final String nodeId;
    private final List<ServedShard> shards;
    private final Supplier<List<MappedShard>> map;

    /** As clients were told of them, and most repeat it. */
    private final Map<String, ServedShard> byText;

    private final Tenancy tenancy;

    ShardAddresses(ServedNode node, Tenancy tenancy) {
        this.nodeId = node.id();
        this.shards = node.shards();
        this.map = node.map();
        this.byText = this.shards.stream()
                .collect(Collectors.toUnmodifiableMap(shard -> shard.id().toString(), Function.identity()));
        this.tenancy = tenancy;
    }

    /** Those of this node. */
    List<ServedShard> shards() {
        return shards;
    }

    /** All that there are, with their owners. */
    List<MappedShard> map() {
        return map.get();
    }

    /**
     * The job that a call is about.
     *
     * @throws StatusRuntimeException if the shard is none, is not here, or does not hold the tenant.
     */
    JobRef job(String shard, String tenant, String id) {
        return new JobRef(tenant(shard, tenant), id);
    }

    /** The tenant that a call is about; as {@link #job}. */
    String tenant(String shard, String tenant) {
        final ServedShard addressed = find(shard);
        if (tenant.isEmpty() || tenant.equals(NO_TENANT)) {
            if (tenancy != Tenancy.REQUIRED && holding(hash(NO_TENANT)) == null) {
                throw notWithin(addressed, NO_TENANT);
            }
            return NO_TENANT;
        }
        check(addressed, tenant);
        return tenant;
    }

    /** The shard that a worker speaks to of a lease. Its tenant counts where calls name one (behaviour TEN-5). */
    ServedShard ofWorker(String shard, String tenant) {
        final ServedShard addressed = find(shard);
        if (tenancy == Tenancy.REQUIRED && tenant.isEmpty()) {
            throw Refusals.invalid("tenant_id is required for worker operations when tenancy is enabled");
        }
        if (tenancy != Tenancy.OFF && !tenant.isEmpty() && !tenant.equals(NO_TENANT)) {
            check(addressed, tenant);
        }
        return addressed;
    }

    /** Whether calls may name a tenant. */
    boolean isWithTenants() {
        return tenancy != Tenancy.OFF;
    }

    /** Whether there are jobs without a tenant, and another shard of this node holds them. */
    boolean holdsElsewhere(ServedShard shard) {
        final long hash = hash(NO_TENANT);
        return tenancy != Tenancy.REQUIRED && !shard.holds(hash) && holding(hash) != null;
    }

    static long hash(String tenant) {
        final byte[] bytes = tenant.getBytes(StandardCharsets.UTF_8);
        return Xxh64.hash(new UnsafeBuffer(bytes), 0, bytes.length);
    }

    private static void check(ServedShard addressed, String tenant) {
        if (!addressed.holds(hash(tenant))) {
            throw notWithin(addressed, tenant);
        }
    }

    private static StatusRuntimeException notWithin(ServedShard addressed, String tenant) {
        return Refusals.precondition("tenant '" + tenant + "' is not within shard " + addressed.id() + " range "
                + addressed.range() + "; refresh topology and retry");
    }

    ServedShard find(String text) {
        final ServedShard known = byText.get(text);
        if (known != null) {
            return known;
        }
        final UUID id = parse(text);
        for (final ServedShard shard : shards) {
            if (shard.id().equals(id)) {
                return shard;
            }
        }
        for (final MappedShard shard : map.get()) {
            if (shard.id().equals(id)) {
                throw notHere(shard);
            }
        }
        throw Refusals.shardNotFound();
    }

    /** Why a call is not answered here that is about a shard of the map. */
    private StatusRuntimeException notHere(MappedShard shard) {
        return shard.ownerNode().equals(nodeId) ? Refusals.shardNotReady() : Refusals.shardElsewhere(shard);
    }

    /** Why a call is not answered here that is about a tenant whose shard is not here. */
    StatusRuntimeException notHere(long hash) {
        for (final MappedShard shard : map.get()) {
            if (ServedShard.holds(shard.rangeFirst(), shard.rangeLast(), hash)) {
                return notHere(shard);
            }
        }
        return Refusals.shardNotFound();
    }

    /** The shard of a tenant by the hash of its name; null if it is not here. */
    @Nullable
    ServedShard holding(long hash) {
        for (final ServedShard shard : shards) {
            if (shard.holds(hash)) {
                return shard;
            }
        }
        return null;
    }

    /** The shard of a lease that was granted here. */
    ServedShard of(LeaseId lease) {
        final ServedShard shard = holding(lease.tenantHash());
        if (shard == null) {
            throw new IllegalStateException("A lease of a shard that is not here: " + lease);
        }
        return shard;
    }

    static UUID parse(String text) {
        try {
            if (text.length() == ID_LENGTH) {
                return UUID.fromString(text);
            }
        } catch (IllegalArgumentException wrong) {
            // Told below, as every other text that is none.
        }
        throw Refusals.invalid("invalid shard ID: " + text);
    }
}
