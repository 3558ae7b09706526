package io.silo.simulation.model;

import io.silo.protocol.Session;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/** Who may be given tasks: a subscription with credits, or a LeaseTasks call. */
final class Asker {
    final Session session;

    /** Of the subscription; 0 for a call. */
    final long subscriptionId;

    /** Of the call; 0 for a subscription. */
    final long correlationId;

    final String taskGroup;
    final String worker;
    final String tenant;
    final RequestId requestId;
    final boolean appendedEnough;

    /** Monotonic ms at which a waiting call is answered in any case. */
    long deadlineMs = Long.MAX_VALUE;

    /** Tasks that may still be given. */
    long credits;

    /** Credits of outcomes that may yet turn out to be refused as a whole. */
    long uncertainCredits;

    Asker(Session session, ModelCommand.Subscribe command, boolean appendedEnough) {
        this.session = session;
        this.subscriptionId = command.id();
        this.correlationId = 0;
        this.taskGroup = command.taskGroup();
        this.worker = command.worker();
        this.tenant = command.tenant();
        this.requestId = RequestId.NONE;
        this.appendedEnough = appendedEnough;
        this.credits = command.credits();
    }

    Asker(Session session, long correlationId, ModelCommand.LeaseTasks command, boolean appendedEnough) {
        this.session = session;
        this.subscriptionId = 0;
        this.correlationId = correlationId;
        this.taskGroup = command.taskGroup();
        this.worker = command.worker();
        this.tenant = command.tenant();
        this.requestId = command.requestId();
        this.appendedEnough = appendedEnough;
        this.credits = command.maxTasks();
    }

    boolean isCall() {
        return subscriptionId == 0;
    }

    /** The only tenant whose tasks it may get, or null for all. */
    @Nullable
    String filter() {
        return tenant.isEmpty() ? scopeOf(session) : tenant;
    }

    /** The only tenant that a session may touch, or null for all. */
    static @Nullable String scopeOf(Session session) {
        final DirectBuffer scope = session.tenantScope();
        return scope == null ? null : Text.of(scope);
    }

    @Override
    public String toString() {
        return (isCall() ? "call " + correlationId : "subscription " + subscriptionId) + " of session " + session.id()
                + " for worker " + worker;
    }
}
