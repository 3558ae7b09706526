package io.silo.shard;

import io.silo.protocol.RejectReason;
import io.silo.protocol.command.ReadEventsEncoder;
import io.silo.protocol.reply.EventKind;
import io.silo.protocol.reply.JobEventsReplyDecoder;
import io.silo.protocol.reply.LeaseEndCause;
import io.silo.protocol.reply.MessageHeaderDecoder;
import java.util.ArrayList;
import java.util.List;

/** Reads events as a follower does. */
final class TestEvents {
    static final long FIRST = -1;
    static final long END = -2;

    /** An event as it is told. */
    record Event(
            long position,
            int index,
            long timeMs,
            long jobKey,
            EventKind kind,
            String status,
            LeaseEndCause cause,
            int attempt,
            long startedAtMs,
            long nextStartMs,
            boolean isKnown,
            String tenant,
            String taskGroup,
            int priority,
            String jobId,
            String workerId,
            String errorCode) {
        /** Kind, status, attempt, worker, error code and cause; what is not there is left out. */
        String told() {
            return kind
                    + (kind == EventKind.DELETED ? "" : " " + status)
                    + (attempt == 0 ? "" : " #" + attempt)
                    + (workerId.isEmpty() ? "" : " by " + workerId)
                    + (errorCode.isEmpty() ? "" : " " + errorCode)
                    + (cause == LeaseEndCause.NONE ? "" : " " + cause);
        }
    }

    /** A page; {@code code} says why there is none. */
    record Page(
            int code,
            List<Event> events,
            long nextPosition,
            int nextIndex,
            long firstPosition,
            long durablePosition,
            boolean isAtEnd,
            int bytes) {}

    private final TestClient client;
    private String tenant = "";

    TestEvents(TestClient client) {
        this.client = client;
    }

    TestEvents tenant(String name) {
        tenant = name;
        return this;
    }

    long send(long position, int index, int max) {
        var command = new ReadEventsEncoder();
        command.wrapAndApplyHeader(client.out, 0, client.header);
        client.fill(command.header());
        command.fromPosition(position).fromIndex(index).eventsMax(max).tenant(tenant);
        client.harness.queue(client.session, client.out, command.limit());
        return client.correlations++;
    }

    Page page(long position, int index, int max) {
        long correlation = send(position, index, max);
        client.harness.run();
        return client.reply(correlation, TestEvents::read);
    }

    /** All that is durable, in pages of so many. */
    List<Event> all(long position, int max) {
        List<Event> events = new ArrayList<>();
        long next = position;
        int index = 0;
        for (int pages = 0; pages < 100_000; pages++) {
            Page page = page(next, index, max);
            if (page.code() != RejectReason.OK) {
                throw new AssertionError("refused: " + RejectReason.fromCode(page.code()));
            }
            events.addAll(page.events());
            next = page.nextPosition();
            index = page.nextIndex();
            if (page.isAtEnd()) {
                return events;
            }
        }
        throw new AssertionError("the log does not end");
    }

    List<Event> all() {
        return all(FIRST, 256);
    }

    static Page read(ShardHarness.Reply reply) {
        int code = TestClient.code(reply);
        if (code != RejectReason.OK) {
            return new Page(code, List.of(), 0, 0, 0, 0, false, reply.length());
        }
        var decoder = new JobEventsReplyDecoder();
        decoder.wrapAndApplyHeader(reply.bytes(), 0, new MessageHeaderDecoder());
        List<Event> events = new ArrayList<>();
        for (var event : decoder.events()) {
            events.add(event(event));
        }
        return new Page(
                code,
                events,
                decoder.nextPosition(),
                (int) decoder.nextIndex(),
                decoder.firstPosition(),
                decoder.durablePosition(),
                decoder.isAtEnd() == 1,
                reply.length());
    }

    private static Event event(JobEventsReplyDecoder.EventsDecoder event) {
        String tenant = event.tenant();
        String taskGroup = event.taskGroup();
        String jobId = event.jobId();
        String workerId = event.workerId();
        String errorCode = event.errorCode();
        return new Event(
                event.position(),
                (int) event.index(),
                event.timeMs(),
                event.jobKey(),
                event.kind(),
                event.status().name(),
                event.cause(),
                (int) event.attempt(),
                event.startedAtMs(),
                event.nextStartMs(),
                event.isKnown() == 1,
                tenant,
                taskGroup,
                event.priority(),
                jobId,
                workerId,
                errorCode);
    }
}
