package io.silo.simulation.model;

import io.silo.protocol.Bounds;
import io.silo.protocol.RejectReason;
import io.silo.protocol.Session;
import io.silo.protocol.reply.MessageHeaderDecoder;
import io.silo.protocol.reply.RefreshReportedDecoder;
import io.silo.protocol.reply.RefreshesLeasedDecoder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Judges what is found out for floating limits. Who is asked is the shard's own affair, and nothing of it is logged; what is known here is
 * what was told.
 */
final class RefreshJudge {
    private static final long BACKOFF_MS = 1_000;
    private static final long BACKOFF_MS_MAX = 60_000;

    /** As an operator's finding has it where nobody was asked before. */
    private static final long INTERVAL_MS_DEFAULT = 60_000;

    /** One lease that was told. */
    private static final class Told {
        final ModelLimits.Key key;
        final Session session;

        /** Monotonic ms until which it lives for sure. */
        final long livesUntilMs;

        /** It was reported, or whoever had it closed the session. */
        boolean isOver;

        Told(ModelLimits.Key key, Session session, long livesUntilMs) {
            this.key = key;
            this.session = session;
            this.livesUntilMs = livesUntilMs;
        }
    }

    private final ModelContext context;
    private final Map<Long, Told> told = new HashMap<>();

    /** Tokens that were reported before they were told. */
    private final Set<Long> overtaken = new HashSet<>();

    RefreshJudge(ModelContext context) {
        this.context = context;
    }

    void opened() {
        told.clear();
        overtaken.clear();
    }

    void sessionClosed(Session session) {
        told.values().forEach(lease -> lease.isOver |= lease.session == session);
    }

    boolean judge(Expected expected, ModelCommand command, EventCursor events) {
        if (command instanceof ModelCommand.LeaseRefreshes lease) {
            lease(expected, lease);
        } else if (command instanceof ModelCommand.ReportRefresh report) {
            report(expected, report, events);
        } else if (command instanceof ModelCommand.RenewRefresh renew) {
            renew(expected, renew);
        } else {
            return false;
        }
        return true;
    }

    private void lease(Expected expected, ModelCommand.LeaseRefreshes command) {
        final RejectReason reason = ArgumentRules.first(context.rules.of(expected.session, command));
        if (reason != null) {
            expected.refused(reason);
            return;
        }
        final String scope = Asker.scopeOf(expected.session);
        final String tenant = command.tenant().isEmpty() && scope != null ? scope : command.tenant();
        final long askedMs = context.monotonicMs;
        expected.late().answered(reply -> {
            Claim.equal(RefreshesLeasedDecoder.TEMPLATE_ID, reply.templateId(), "kind of", reply);
            final RefreshesLeasedDecoder d =
                    new RefreshesLeasedDecoder().wrapAndApplyHeader(reply.bytes(), 0, new MessageHeaderDecoder());
            int count = 0;
            for (RefreshesLeasedDecoder.RefreshesDecoder item : d.refreshes()) {
                count++;
                Claim.equal(context.epoch, item.tokenEpoch(), "epoch of a refresh told by", reply);
                final long token = item.token();
                final List<String> metadata = new ArrayList<>();
                for (RefreshesLeasedDecoder.RefreshesDecoder.MetadataDecoder entry : item.metadata()) {
                    metadata.add(Text.of(entry.keyLength(), entry::getKey));
                    metadata.add(Text.of(entry.valueLength(), entry::getValue));
                }
                final String owner = Text.of(item.tenantLength(), item::getTenant);
                Claim.check(
                        tenant.isEmpty() || owner.equals(tenant), "%s tells of tenant %s to %s", reply, owner, tenant);
                final ModelLimits.Key key = new ModelLimits.Key(owner, Text.of(item.keyLength(), item::getKey));
                lease(reply, token, new Told(key, reply.session(), askedMs + d.leaseMs()));
                Claim.check(
                        context.state.limits().hasFloated(key, metadata),
                        "%s tells %s of %s, which no job says",
                        reply,
                        metadata,
                        key);
            }
            Claim.check(count <= command.most(), "%s tells %d refreshes, not %d", reply, count, command.most());
        });
    }

    private void lease(ModelReply reply, long token, Told lease) {
        for (Told other : told.values()) {
            Claim.check(
                    other.isOver || !other.key.equals(lease.key) || other.livesUntilMs <= context.monotonicMs,
                    "%s has two leases for the refresh of %s",
                    reply,
                    lease.key);
        }
        lease.isOver = overtaken.remove(token);
        Claim.check(told.put(token, lease) == null, "%s tells the token %d twice", reply, token);
    }

    /** Whether a lease lives for sure. */
    private @Nullable Told living(Session session, long tokenEpoch, long token) {
        final Told lease = tokenEpoch == context.epoch ? told.get(token) : null;
        return lease == null
                        || lease.isOver
                        || lease.livesUntilMs <= context.monotonicMs
                        || !isVisible(session, lease.key)
                ? null
                : lease;
    }

    private static boolean isVisible(Session session, ModelLimits.Key key) {
        final String scope = Asker.scopeOf(session);
        return scope == null || scope.equals(key.tenant());
    }

    private void renew(Expected expected, ModelCommand.RenewRefresh command) {
        if (living(expected.session, command.tokenEpoch(), command.token()) == null) {
            expected.refused(RejectReason.LEASE_NOT_FOUND);
        }
        expected.answered(
                reply -> Claim.equal(RefreshReportedDecoder.TEMPLATE_ID, reply.templateId(), "kind of", reply));
    }

    private void report(Expected expected, ModelCommand.ReportRefresh command, EventCursor events) {
        final boolean isGood = command.isFailure()
                ? ArgumentRules.isName(command.errorCode(), Bounds.ERROR_CODE_BYTES_MAX)
                : command.errorCode().isEmpty() && command.max() <= Integer.MAX_VALUE;
        if (!isGood) {
            expected.refused(RejectReason.INVALID_FLOATING_LIMIT);
            return;
        }
        final ModelEvent.FloatingLimitSet event = events.take(ModelEvent.FloatingLimitSet.class);
        final Told lease = told.get(command.token());
        if (event == null) {
            if (living(expected.session, command.tokenEpoch(), command.token()) == null) {
                expected.refused(RejectReason.LEASE_NOT_FOUND);
            }
            return;
        }
        final ModelLimits.Key key = new ModelLimits.Key(event.tenant(), event.key());
        Claim.equal(context.epoch, command.tokenEpoch(), "epoch of the token behind", event);
        Claim.check(lease == null || !lease.isOver && lease.key.equals(key), "%s comes of a lease that is over", event);
        Claim.check(isVisible(expected.session, key), "%s comes of a stranger", event);
        final ModelFloating.Finding finding = event.finding();
        if (finding == null) {
            throw new AssertionError("a report made the shard forget: " + event);
        }
        Claim.check(
                context.state.limits().hasFloated(key, finding.intervalMs()),
                "%s has an interval that no job says",
                event);
        Claim.equal(right(command, key, finding.intervalMs()), finding, "what was found out by", event);
        context.state.apply(event);
        if (lease == null) {
            // The answer that tells of it has not come by yet.
            overtaken.add(command.token());
        } else {
            lease.isOver = true;
        }
        expected.answered(reply -> {
            Claim.equal(RefreshReportedDecoder.TEMPLATE_ID, reply.templateId(), "kind of", reply);
            final RefreshReportedDecoder d =
                    new RefreshReportedDecoder().wrapAndApplyHeader(reply.bytes(), 0, new MessageHeaderDecoder());
            Claim.equal(finding.dueMs(), d.dueMs(), "next refresh told by", reply);
        });
    }

    private ModelFloating.Finding right(ModelCommand.ReportRefresh command, ModelLimits.Key key, long intervalMs) {
        final ModelFloating.Finding before = context.state.limits().finding(key);
        if (!command.isFailure()) {
            return new ModelFloating.Finding(command.max(), intervalMs, context.nowMs, 0, 0, "");
        }
        final long failures = before == null ? 0 : before.failures();
        long backoffMs = BACKOFF_MS;
        for (long i = 0; i < failures && backoffMs < BACKOFF_MS_MAX; i++) {
            backoffMs = Math.min(BACKOFF_MS_MAX, 2 * backoffMs);
        }
        return new ModelFloating.Finding(
                before == null ? ModelFloating.Finding.NONE : before.max(),
                intervalMs,
                before == null ? 0 : before.refreshedAtMs(),
                context.nowMs + backoffMs,
                failures + 1,
                command.errorCode());
    }

    /** What an operator found out, or wants forgotten. */
    void set(Expected expected, ModelLimits.Key key, @Nullable Long max, EventCursor events) {
        final ModelFloating.Finding before = context.state.limits().finding(key);
        final boolean changes = max != null || before != null;
        if (changes) {
            final ModelEvent.FloatingLimitSet event = events.take(ModelEvent.FloatingLimitSet.class);
            if (event == null) {
                // Only the environment may refuse it.
                return;
            }
            final long intervalMs = before == null ? INTERVAL_MS_DEFAULT : before.intervalMs();
            final ModelFloating.Finding right =
                    max == null ? null : new ModelFloating.Finding(max, intervalMs, context.nowMs, 0, 0, "");
            Claim.equal(
                    new ModelEvent.FloatingLimitSet(event.place(), key.tenant(), key.key(), right),
                    event,
                    "FloatingLimitSet");
            context.state.apply(event);
        } else {
            expected.speaksOf(context.state.limits().changedAt(key));
        }
        LimitJudge.answered(expected, changes);
    }
}
