package io.silo.client;

import io.silo.protocol.Bounds;
import io.silo.protocol.RejectReason;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What operators do with concurrency limits: see who holds slots and who waits, set another maximum for a key than its jobs ask for, and
 * take slots back that leases hold. Got from {@link SiloClient#limits}. Any thread.
 *
 * <p>A tenant is named by each call; empty means the jobs of none, but where all are listed.
 */
public final class Limits {
    /** Most holders and most waiters that {@link #get} names. */
    public static final int LISTED_MAX = 100;

    private final SiloClient client;

    Limits(SiloClient client) {
        this.client = client;
    }

    /** Reads the keys that are in use: a maximum is set, a lease holds a slot or a task waits for one. In no order that means anything. */
    public List<LimitSummary> list(String tenant) {
        final List<LimitSummary> limits = new ArrayList<>();
        forEach(tenant, limits::add);
        return limits;
    }

    /**
     * Shows the keys that are in use until {@code visitor} answers false, page by page.
     *
     * @param tenant empty = all that this client may see.
     */
    public void forEach(String tenant, Predicate<LimitSummary> visitor) {
        check(tenant, "k");
        final List<ShardMap.Target> shards = SiloClient.join(client.withMap().thenApply(map -> shards(map, tenant)));
        for (final ShardMap.Target shard : shards) {
            LimitCalls.@Nullable Page page = null;
            while (page == null || !page.isLast()) {
                page = SiloClient.join(client.submit(new LimitCalls.ListLimits(
                        shard, tenant, page == null ? 0 : page.nextCursor(), client.deadlineNs())));
                for (final LimitSummary limit : page.limits()) {
                    if (!visitor.test(limit)) {
                        return;
                    }
                }
            }
        }
    }

    private static List<ShardMap.Target> shards(ShardMap map, String tenant) {
        if (tenant.isEmpty()) {
            return List.copyOf(map.targets());
        }
        final ShardMap.Target target = map.target(ShardMap.hash(tenant));
        if (target == null) {
            throw new SiloException(RejectReason.NOT_OWNER);
        }
        return List.of(target);
    }

    /**
     * Reads who holds slots of a key and who waits for one. Throws {@code LIMIT_NOT_FOUND} if no job names it and nobody set it.
     *
     * @param listed how many of each to name; at most {@link #LISTED_MAX}.
     */
    public LimitState get(String tenant, String key, int listed) {
        return SiloClient.join(getAsync(tenant, key, listed));
    }

    /** As {@link #get}, without waiting. */
    public CompletableFuture<LimitState> getAsync(String tenant, String key, int listed) {
        if (listed < 0 || listed > LISTED_MAX) {
            return CompletableFuture.failedFuture(new SiloException(RejectReason.INVALID_LIMIT));
        }
        return checked(
                tenant, key, name -> client.submit(new LimitCalls.GetLimit(name, key, listed, client.deadlineNs())));
    }

    /**
     * Sets a maximum for a key of a tenant, in place of what each job that names it asks for, until {@link #unset}. With a higher one
     * more tasks run at once; with a lower one what runs goes on. Jobs that come later are bound by it too.
     *
     * @param max 0 = nothing new runs.
     * @return false if it was so already.
     */
    public boolean set(String tenant, String key, int max) {
        return SiloClient.join(setAsync(tenant, key, max));
    }

    /** As {@link #set}, without waiting. */
    public CompletableFuture<Boolean> setAsync(String tenant, String key, int max) {
        return max < 0
                ? CompletableFuture.failedFuture(new SiloException(RejectReason.INVALID_JOB_LIMIT))
                : change(tenant, key, max, false);
    }

    /**
     * Sets what was found out for a floating limit, as if a worker had just reported it; it counts until the next refresh.
     *
     * @param max 0 = nothing new runs.
     */
    public void setFloating(String tenant, String key, int max) {
        SiloClient.join(setFloatingAsync(tenant, key, max));
    }

    /** As {@link #setFloating}, without waiting; always true. */
    public CompletableFuture<Boolean> setFloatingAsync(String tenant, String key, int max) {
        return max < 0
                ? CompletableFuture.failedFuture(new SiloException(RejectReason.INVALID_JOB_LIMIT))
                : change(tenant, key, max, true);
    }

    /**
     * Forgets what was found out for a floating limit: each job's default counts, and workers are asked at once.
     *
     * @return false if nothing was known.
     */
    public boolean forgetFloating(String tenant, String key) {
        return SiloClient.join(forgetFloatingAsync(tenant, key));
    }

    /** As {@link #forgetFloating}, without waiting. */
    public CompletableFuture<Boolean> forgetFloatingAsync(String tenant, String key) {
        return change(tenant, key, null, true);
    }

    /**
     * Lets each job's own maximum of a key count again.
     *
     * @return false if none was set.
     */
    public boolean unset(String tenant, String key) {
        return SiloClient.join(unsetAsync(tenant, key));
    }

    /** As {@link #unset}, without waiting. */
    public CompletableFuture<Boolean> unsetAsync(String tenant, String key) {
        return change(tenant, key, null, false);
    }

    private CompletableFuture<Boolean> change(String tenant, String key, @Nullable Integer max, boolean isFloating) {
        return checked(
                tenant,
                key,
                name -> client.submit(new LimitCalls.SetLimit(
                        name, key, max, isFloating, client.settings().durability, client.deadlineNs())));
    }

    /**
     * Takes their slots from the leases of a tenant. The leases go on, and others may run beside them, more than the limit allows; it is
     * for holders that an operator knows to be gone in truth. Nothing else changes. Leases that begin meanwhile may keep theirs.
     *
     * @param key only slots of this one; empty = of all.
     * @return jobs that gave slots back.
     */
    public int dropHolders(String tenant, String key) {
        return SiloClient.join(dropHoldersAsync(tenant, key));
    }

    /** As {@link #dropHolders}, without waiting. */
    public CompletableFuture<Integer> dropHoldersAsync(String tenant, String key) {
        return checked(tenant, key, name -> drop(name, key, 0, 0));
    }

    private CompletableFuture<Integer> drop(String tenant, String key, long cursor, int before) {
        return client.submit(new LimitCalls.DropHolders(tenant, key, cursor, client.deadlineNs()))
                .thenCompose(dropped -> dropped.isLast()
                        ? CompletableFuture.completedFuture(before + dropped.jobs())
                        : drop(tenant, key, dropped.nextCursor(), before + dropped.jobs()));
    }

    private static <T> CompletableFuture<T> checked(
            String tenant, String key, Function<String, CompletableFuture<T>> call) {
        try {
            check(tenant, key);
        } catch (SiloException refused) {
            return CompletableFuture.failedFuture(refused);
        }
        return call.apply(tenant.isEmpty() ? Bounds.TENANT_NONE : tenant);
    }

    /** What cannot be encoded never leaves; the server judges all else. */
    private static void check(String tenant, String key) {
        if (JobRequest.utf8Length(tenant) > JobRequest.TEXT_BYTES_MAX) {
            throw new SiloException(RejectReason.INVALID_TENANT);
        }
        if (JobRequest.utf8Length(key) > JobRequest.TEXT_BYTES_MAX) {
            throw new SiloException(RejectReason.INVALID_JOB_LIMIT);
        }
    }
}
