package io.silo.simulation.model;

import io.silo.protocol.Bounds;
import io.silo.protocol.RejectReason;
import io.silo.protocol.Session;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Open subscriptions of one shard thread with their credits, which its shards share. */
public final class ThreadSubscriptions {
    private final Map<Session, Map<Long, Asker>> open = new LinkedHashMap<>();

    /** A thread without subscriptions. */
    public ThreadSubscriptions() {}

    /** Why a Subscribe with good arguments is refused; null if it is not. */
    @Nullable
    RejectReason refusal(Session session, ModelCommand.Subscribe command) {
        final Asker known = find(session, command.id());
        if (known == null) {
            return null;
        }
        if (known.credits + command.credits() > Bounds.CREDITS_MAX) {
            return RejectReason.INVALID_CREDITS;
        }
        final boolean isSame = known.worker.equals(command.worker())
                && known.taskGroup.equals(command.taskGroup())
                && known.tenant.equals(command.tenant());
        return isSame ? null : RejectReason.INVALID_SUBSCRIPTION;
    }

    void subscribe(Session session, ModelCommand.Subscribe command, boolean appendedEnough) {
        final Asker known = find(session, command.id());
        if (known != null) {
            known.credits += command.credits();
        } else {
            open.computeIfAbsent(session, s -> new LinkedHashMap<>())
                    .put(command.id(), new Asker(session, command, appendedEnough));
        }
    }

    boolean unsubscribe(Session session, long id) {
        final Map<Long, Asker> own = open.get(session);
        return own != null && own.remove(id) != null;
    }

    @Nullable
    Asker find(Session session, long id) {
        final Map<Long, Asker> own = open.get(session);
        return own == null ? null : own.get(id);
    }

    List<Asker> all() {
        final List<Asker> all = new ArrayList<>();
        open.values().forEach(own -> all.addAll(own.values()));
        return all;
    }

    void close(Session session) {
        open.remove(session);
    }

    void clear() {
        open.clear();
    }
}
