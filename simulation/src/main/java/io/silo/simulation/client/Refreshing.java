package io.silo.simulation.client;

import io.silo.protocol.reply.MessageHeaderDecoder;
import io.silo.protocol.reply.RefreshesLeasedDecoder;
import io.silo.protocol.session.ShardRoute;
import java.util.ArrayList;
import java.util.List;

/**
 * What a worker does about floating limits: asks for some to find out, and reports a maximum, a failure or nothing at all. Once all is
 * healed it answers, and never 0, so that every job gets its turn.
 */
final class Refreshing {
    private static final long MS = 1_000_000;
    private static final int WAIT_MS_MAX = 1_500;
    private static final long PAUSE_NS_MAX = 200 * MS;
    private static final long WORK_NS_MAX = 300 * MS;

    /** One lease. */
    record Refresh(int shard, long epoch, long token) {}

    private final SimWorker worker;

    /** The newest plan counts: there is one chain of calls, whatever was lost or crashed meanwhile. */
    private long calls;

    Refreshing(SimWorker worker) {
        this.worker = worker;
    }

    void askLater() {
        long number = ++calls;
        worker.world.after(1 + worker.random.nextLong(PAUSE_NS_MAX), () -> {
            if (number == calls && !worker.isStopped()) {
                ask();
            }
        });
    }

    private void ask() {
        List<ShardRoute> routes = worker.routes();
        if (!worker.isOpen() || routes.isEmpty()) {
            askLater();
            return;
        }
        int shard = routes.get(worker.random.nextInt(routes.size())).shard();
        int waitMs = worker.random.nextInt(WAIT_MS_MAX);
        worker.call(
                "LeaseRefreshes",
                waitMs * MS,
                correlation ->
                        worker.commands.leaseRefreshes(correlation, shard, waitMs, worker.taskGroup(), worker.name()),
                reply -> {
                    refreshes(shard, reply).forEach(this::findOut);
                    askLater();
                },
                this::askLater);
    }

    private static List<Refresh> refreshes(int shard, Reply reply) {
        List<Refresh> all = new ArrayList<>();
        if (reply.templateId() == RefreshesLeasedDecoder.TEMPLATE_ID) {
            var decoder = new RefreshesLeasedDecoder();
            decoder.wrapAndApplyHeader(reply.bytes(), 0, new MessageHeaderDecoder());
            for (RefreshesLeasedDecoder.RefreshesDecoder item : decoder.refreshes()) {
                all.add(new Refresh(shard, item.tokenEpoch(), item.token()));
                for (RefreshesLeasedDecoder.RefreshesDecoder.MetadataDecoder entry : item.metadata()) {
                    entry.skipKey();
                    entry.skipValue();
                }
                item.skipTenant();
                item.skipKey();
            }
        }
        return all;
    }

    private void findOut(Refresh refresh) {
        boolean isHealed = worker.world.isHealed();
        int dice = isHealed ? 5 : worker.random.nextInt(10);
        if (dice == 0) {
            // Never answered.
            return;
        }
        boolean isFailure = dice < 3;
        int max = (isHealed ? 1 : 0) + worker.random.nextInt(4);
        worker.world.after(
                1 + worker.random.nextLong(WORK_NS_MAX),
                () -> worker.call(
                        "ReportRefresh",
                        0,
                        correlation -> worker.commands.reportRefresh(correlation, refresh, max, isFailure),
                        reply -> {},
                        () -> {}));
    }
}
