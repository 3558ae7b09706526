package io.silo.simulation.model;

import io.silo.protocol.Session;
import io.silo.shard.command.ShardSettings;
import java.util.ArrayList;
import java.util.List;

/** What the parts of the model share. */
final class ModelContext {
    final ShardSettings settings;
    final ArgumentRules rules;
    final ThreadSubscriptions subscriptions;
    final Grants grants;
    final Replies replies = new Replies();
    final ModelUploads uploads = new ModelUploads();
    final EnqueueRates rates = new EnqueueRates();

    /** LeaseTasks calls that wait. */
    final List<Asker> waitingCalls = new ArrayList<>();

    ModelState state = new ModelState();
    long nowMs;
    long monotonicMs;
    long epoch;

    /** Position of the last record. */
    long lastPosition = -1;

    /** The last duty cycle whose grants were held back by a slow sync, and for how long. */
    private long heldAtMs = -1;

    private long heldMs;

    /** Whether disk, memory or tables may be too full for grants and internal records. */
    boolean roomIsShort;

    ModelContext(ShardSettings settings, ThreadSubscriptions subscriptions) {
        this.settings = settings;
        this.rules = new ArgumentRules(settings);
        this.subscriptions = subscriptions;
        this.grants = new Grants(settings);
    }

    /** Whether the quotas of its tenant refuse a job that comes new. */
    boolean refusesNew(JobDefinition definition) {
        final String tenant = definition.tenant();
        return refuses(definition)
                || !rates.isLeft(tenant, state.tenants().of(tenant).perSecond(), monotonicMs);
    }

    /** Whether the quotas of its tenant refuse a job that comes back. */
    boolean refuses(JobDefinition definition) {
        return !state.tenants().hasQuota(state.jobs(), definition.tenant(), definition.storedBytes());
    }

    /** A job came new. */
    void came(JobDefinition definition) {
        final String tenant = definition.tenant();
        rates.take(tenant, state.tenants().of(tenant).perSecond(), monotonicMs);
    }

    /** What was granted or renewed now leaves only so long after. */
    void hold(long atMs, long forMs) {
        heldAtMs = atMs;
        heldMs = forMs;
        for (ModelJob job : state.running()) {
            job.runningLease().postpone(atMs, forMs);
        }
    }

    /** A reply tells that a lease was renewed; the sync it waited for may have held it back since. */
    void renewed(ModelLease lease, long decidedMs, Session session) {
        if (lease.isRenewedAfter(decidedMs)) {
            return;
        }
        lease.renew(decidedMs, session.id());
        if (decidedMs == heldAtMs) {
            lease.postpone(decidedMs, heldMs);
        }
    }

    /** Whether a session may see a job. A stranger's job looks like an unknown one. */
    static boolean isVisible(Session session, ModelJob job) {
        final String scope = Asker.scopeOf(session);
        return scope == null || scope.equals(job.definition.tenant());
    }
}
