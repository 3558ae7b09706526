package io.silo.shard.state;

import java.nio.charset.StandardCharsets;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** What events do to what operators set: pauses, maxima of limits, what tenants may have. Called by appliers only. Shard thread only. */
public final class SettingChanges {
    private final ShardState state;
    private final UnsafeBuffer nameView = new UnsafeBuffer(0, 0);

    SettingChanges(ShardState state) {
        this.state = state;
    }

    /** A group's or tenant's tasks wait, or go on. Its name is held while they wait. */
    public void pauseSet(Pauses.Pause pause, boolean paused, long position) {
        // [SILO-PAUSE-2] What is leased stays so.
        if (!state.pauses.set(pause, paused, position)) {
            return;
        }
        final NameTable names = pause.kind() == Pauses.Kind.TENANT ? state.tenants : state.taskGroups;
        nameView.wrap(pause.name().getBytes(StandardCharsets.UTF_8));
        final int number =
                paused ? names.acquire(nameView, 0, nameView.capacity()) : names.find(nameView, 0, nameView.capacity());
        Invariant.check(number >= 0, "name table overflow");
        if (pause.kind() == Pauses.Kind.TASK_GROUP) {
            state.pausedGroups.set(number, paused);
        } else if (paused) {
            state.queues.ready.pause(number);
        } else {
            state.queues.ready.resume(number);
        }
        if (!paused) {
            names.release(number);
        }
    }

    /** A key has this maximum, or with {@link LimitSettings#NONE} none. */
    public void limitSet(DirectBuffer tenant, DirectBuffer key, int max, long position) {
        state.limitSettings.set(tenant, key, max, position);
    }

    /** Something else is known of a floating limit. */
    public void floatingLimitSet(DirectBuffer tenant, DirectBuffer key, FloatingLimits.Finding finding, long position) {
        state.floatingLimits.set(tenant, key, finding, position);
    }

    /** Nothing is known of a floating limit any more. */
    public void floatingLimitForgotten(DirectBuffer tenant, DirectBuffer key) {
        state.floatingLimits.forget(tenant, key);
    }

    /** All settings of a tenant. Its name is held while it has any. */
    public void tenantSet(String tenant, TenantSettings.Settings settings, long position) {
        state.tenantSettings.set(tenant, settings, position);
    }
}
