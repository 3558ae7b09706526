package io.silo.simulation.model;

import io.silo.protocol.Bounds;
import io.silo.protocol.RejectReason;
import io.silo.protocol.reply.MessageHeaderDecoder;
import io.silo.protocol.reply.TenantSetReplyDecoder;
import io.silo.protocol.reply.TenantsReplyDecoder;
import io.silo.shard.state.JobState;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;

/** Judges SetTenant, GetTenant and ListTenants. */
final class TenantJudge {
    private static final int FIELDS_MAX = 31;

    private final ModelContext context;

    TenantJudge(ModelContext context) {
        this.context = context;
    }

    void set(Expected expected, ModelCommand.SetTenant command, EventCursor events) {
        final ModelTenants tenants = context.state.tenants();
        final String tenant = name(command.tenant());
        final ModelTenants.Settings before = tenants.of(tenant);
        final ModelTenants.Settings right = before.with(command.fields(), command.settings());
        final EnumSet<RejectReason> reasons = context.rules.ofTenant(expected.session, command.tenant(), true);
        if (Asker.scopeOf(expected.session) != null) {
            // Whoever it is about: what tenants may have is not theirs to say.
            reasons.add(RejectReason.PERMISSION_DENIED);
        }
        if (command.fields() == 0 || command.fields() > FIELDS_MAX || !right.isGood()) {
            reasons.add(RejectReason.INVALID_TENANT_SETTING);
        }
        final RejectReason reason = ArgumentRules.first(reasons);
        if (reason != null) {
            expected.refused(reason);
            return;
        }
        final boolean changes = !right.equals(before);
        if (changes) {
            final ModelEvent.TenantSet event = events.take(ModelEvent.TenantSet.class);
            if (event == null) {
                // Only the environment may refuse it.
                return;
            }
            Claim.equal(new ModelEvent.TenantSet(event.place(), right, tenant), event, "TenantSet");
            context.state.apply(event);
            context.rates.changed(tenant, right.perSecond());
        } else {
            expected.speaksOf(tenants.changedAt(tenant));
        }
        expected.answered(reply -> {
            Claim.equal(TenantSetReplyDecoder.TEMPLATE_ID, reply.templateId(), "kind of", reply);
            final TenantSetReplyDecoder told =
                    new TenantSetReplyDecoder().wrapAndApplyHeader(reply.bytes(), 0, new MessageHeaderDecoder());
            Claim.equal(changes, told.changed() != 0, "change told by", reply);
        });
    }

    void get(Expected expected, ModelCommand.GetTenant command) {
        final RejectReason reason =
                ArgumentRules.first(context.rules.ofTenant(expected.session, command.tenant(), true));
        if (reason != null) {
            expected.refused(reason);
            return;
        }
        final String tenant = name(command.tenant());
        expected.speaksOf(context.state.tenants().changedAt(tenant));
        answered(expected, List.of(item(tenant)));
    }

    void list(Expected expected, ModelCommand.ListTenants command) {
        final String scope = Asker.scopeOf(expected.session);
        expected.speaksOf(context.state.tenants().changedAt());
        answered(
                expected,
                context.state.tenants().after(command.after()).stream()
                        .filter(tenant -> scope == null || scope.equals(tenant))
                        .map(this::item)
                        .toList());
    }

    private static String name(String tenant) {
        return tenant.isEmpty() ? Bounds.TENANT_NONE : tenant;
    }

    /** What is told of a tenant. */
    private String item(String tenant) {
        final Iterable<ModelJob> jobs = context.state.jobs();
        return tenant
                + ' '
                + context.state.tenants().of(tenant)
                + ' '
                + ModelTenants.count(jobs, tenant, JobState.SCHEDULED)
                + ' '
                + ModelTenants.count(jobs, tenant, JobState.RUNNING)
                + ' '
                + ModelTenants.bytes(jobs, tenant);
    }

    private static void answered(Expected expected, List<String> right) {
        expected.answered(reply -> {
            Claim.equal(TenantsReplyDecoder.TEMPLATE_ID, reply.templateId(), "kind of", reply);
            final TenantsReplyDecoder d =
                    new TenantsReplyDecoder().wrapAndApplyHeader(reply.bytes(), 0, new MessageHeaderDecoder());
            final boolean isLast = d.isLast() != 0;
            final List<String> told = new ArrayList<>();
            for (TenantsReplyDecoder.TenantsDecoder item : d.tenants()) {
                final ModelTenants.Settings settings = new ModelTenants.Settings(
                        item.weight(), item.runningMax(), item.queuedMax(), item.bytesMax(), item.enqueuesPerSecond());
                final String counts =
                        " " + settings + ' ' + item.scheduled() + ' ' + item.running() + ' ' + item.bytes();
                told.add(Text.of(item.tenantLength(), item::getTenant) + counts);
            }
            Claim.equal(
                    isLast ? right : right.subList(0, Math.min(told.size(), right.size())),
                    told,
                    "tenants told by",
                    reply);
        });
    }
}
