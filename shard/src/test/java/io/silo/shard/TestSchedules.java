package io.silo.shard;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.silo.protocol.RejectReason;
import io.silo.protocol.command.CatchUp;
import io.silo.protocol.command.DeleteSchedulesEncoder;
import io.silo.protocol.command.GetScheduleEncoder;
import io.silo.protocol.command.ListSchedulesEncoder;
import io.silo.protocol.command.PauseSchedulesEncoder;
import io.silo.protocol.command.PayloadEncoding;
import io.silo.protocol.command.PutScheduleEncoder;
import io.silo.protocol.command.ResumeSchedulesEncoder;
import io.silo.protocol.reply.MessageHeaderDecoder;
import io.silo.protocol.reply.ScheduleReplyDecoder;
import io.silo.protocol.reply.SchedulesChangedReplyDecoder;
import io.silo.protocol.reply.SchedulesReplyDecoder;
import java.util.ArrayList;
import java.util.List;

/** What a {@link TestClient} does with schedules. */
final class TestSchedules {
    /** A schedule as it is asked for; the rest is default. */
    static final class Wish {
        String tenant = "";
        String taskGroup = "g";
        final String id;
        String cron = "";
        String zone = "";
        String uniqueKey = "";
        long intervalMs;
        long firstAtMs;
        long startWithinMs;
        CatchUp catchUp = CatchUp.SKIP;
        boolean createOnly;
        boolean paused;
        byte[] payload = "p".getBytes(UTF_8);

        Wish(String id) {
            this.id = id;
        }

        static Wish every(String id, long intervalMs) {
            Wish wish = new Wish(id);
            wish.intervalMs = intervalMs;
            return wish;
        }

        static Wish cron(String id, String cron, String zone) {
            Wish wish = new Wish(id);
            wish.cron = cron;
            wish.zone = zone;
            return wish;
        }
    }

    private final TestClient client;

    TestSchedules(TestClient client) {
        this.client = client;
    }

    /** Code of the answer. */
    int put(Wish wish) {
        var command = new PutScheduleEncoder();
        command.wrapAndApplyHeader(client.out, 0, client.header);
        client.fill(command.header());
        command.intervalMs(wish.intervalMs)
                .firstAtMs(wish.firstAtMs)
                .startWithinMs(wish.startWithinMs)
                .retryInitialIntervalMs(100)
                .retryMaxIntervalMs(0)
                .retryCount(2)
                .retryBackoffPermille(2_000)
                .leaseMs(0)
                .maxRunMs(0)
                .priority((short) 7)
                .retryJitter((short) 0)
                .payloadEncoding(PayloadEncoding.TEXT)
                .catchUp(wish.catchUp)
                .paused((short) (wish.paused ? 1 : 0))
                .createOnly((short) (wish.createOnly ? 1 : 0));
        command.limitsCount(0);
        command.metadataCount(1).next().key("k").value("v");
        command.tenant(wish.tenant)
                .taskGroup(wish.taskGroup)
                .scheduleId(wish.id)
                .uniqueKey(wish.uniqueKey)
                .putPayload(wish.payload, 0, wish.payload.length)
                .cron(wish.cron)
                .zone(wish.zone);
        return client.exchange(command.limit(), TestClient::code);
    }

    int pause(String id) {
        return change(PauseSchedulesEncoder.TEMPLATE_ID, id);
    }

    int resume(String id) {
        return change(ResumeSchedulesEncoder.TEMPLATE_ID, id);
    }

    int delete(String id) {
        return change(DeleteSchedulesEncoder.TEMPLATE_ID, id);
    }

    private int change(int templateId, String id) {
        var command = new PauseSchedulesEncoder();
        command.wrapAndApplyHeader(client.out, 0, client.header);
        client.header.templateId(templateId);
        client.fill(command.header());
        command.itemsCount(1).next().tenant(client.tenant).scheduleId(id);
        return client.exchange(command.limit(), r -> {
            var decoder = new SchedulesChangedReplyDecoder();
            decoder.wrapAndApplyHeader(r.bytes(), 0, new MessageHeaderDecoder());
            return decoder.results().next().code();
        });
    }

    /** Next firing times. */
    List<Long> firings(String id, int count) {
        var command = new GetScheduleEncoder();
        command.wrapAndApplyHeader(client.out, 0, client.header);
        client.fill(command.header());
        command.firings((short) count).tenant(client.tenant).scheduleId(id);
        return client.exchange(command.limit(), r -> {
            if (TestClient.code(r) != RejectReason.OK) {
                return List.of(-(long) TestClient.code(r));
            }
            var decoder = new ScheduleReplyDecoder();
            decoder.wrapAndApplyHeader(r.bytes(), 0, new MessageHeaderDecoder());
            List<Long> times = new ArrayList<>();
            decoder.firings().forEach(firing -> times.add(firing.atMs()));
            decoder.limits().forEach(limit -> {
                limit.skipKey();
                limit.skipDetails();
            });
            decoder.metadata()
                    .forEach(entry ->
                            times.add(0L + entry.key().length() + entry.value().length() - 2));
            times.remove(times.size() - 1);
            if (!decoder.tenant().equals("-")
                    || !decoder.taskGroup().equals("g")
                    || !decoder.scheduleId().equals(id)) {
                throw new AssertionError("names of another schedule");
            }
            return times;
        });
    }

    /** Ids on one page, and whether it is the last. */
    String page(int size, String afterTenant, String afterId) {
        var command = new ListSchedulesEncoder();
        command.wrapAndApplyHeader(client.out, 0, client.header);
        client.fill(command.header());
        command.pageSize(size).tenant(client.tenant).afterTenant(afterTenant).afterId(afterId);
        return client.exchange(command.limit(), r -> {
            if (TestClient.code(r) != RejectReason.OK) {
                return String.valueOf(RejectReason.fromCode(TestClient.code(r)));
            }
            var decoder = new SchedulesReplyDecoder();
            decoder.wrapAndApplyHeader(r.bytes(), 0, new MessageHeaderDecoder());
            List<String> ids = new ArrayList<>();
            boolean isLast = decoder.isLast() == 1;
            decoder.schedules().forEach(schedule -> {
                String name = schedule.tenant() + "/" + schedule.taskGroup() + "/" + schedule.scheduleId();
                ids.add(name + "/" + schedule.cron() + schedule.zone());
            });
            return ids + (isLast ? "." : "+");
        });
    }
}
