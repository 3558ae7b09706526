package io.silo.shard;

import io.silo.protocol.Bounds;
import io.silo.protocol.RejectReason;
import io.silo.protocol.command.EnqueueEncoder;
import io.silo.protocol.command.GetLimitEncoder;
import io.silo.protocol.command.LeaseRefreshesEncoder;
import io.silo.protocol.command.RenewRefreshEncoder;
import io.silo.protocol.command.ReportRefreshEncoder;
import io.silo.protocol.limit.FloatingLimitEncoder;
import io.silo.protocol.limit.MessageHeaderEncoder;
import io.silo.protocol.reply.LimitReplyDecoder;
import io.silo.protocol.reply.MessageHeaderDecoder;
import io.silo.protocol.reply.RefreshesLeasedDecoder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.agrona.concurrent.UnsafeBuffer;

/** A floating limit as a job of a test names it, and what workers do about it. */
final class TestFloating {
    final String key;
    int max;
    long intervalMs;
    final Map<String, String> metadata = new LinkedHashMap<>();

    TestFloating(String key, int max, long intervalMs) {
        this.key = key;
        this.max = max;
        this.intervalMs = intervalMs;
    }

    void encode(EnqueueEncoder.ItemsEncoder.LimitsEncoder limit) {
        UnsafeBuffer buffer = new UnsafeBuffer(new byte[Bounds.INLINE_BYTES_MAX]);
        FloatingLimitEncoder floating = new FloatingLimitEncoder()
                .wrapAndApplyHeader(buffer, 0, new MessageHeaderEncoder())
                .refreshIntervalMs(intervalMs);
        FloatingLimitEncoder.MetadataEncoder entries = floating.metadataCount(metadata.size());
        metadata.forEach((name, value) -> entries.next().key(name).value(value));
        limit.maxConcurrency(max).key(key).putDetails(buffer, 0, floating.limit());
    }

    /** One refresh that a worker was given. */
    record Refresh(
            String tenant,
            String key,
            long max,
            long refreshedAtMs,
            Map<String, String> metadata,
            long tokenEpoch,
            long token) {}

    /** One that nobody was given. */
    static final Refresh UNKNOWN = new Refresh("-", "k", 0, 0, Map.of(), 1, 4_711);

    /** Refreshes that a worker of a group gets at once. */
    static List<Refresh> lease(TestClient client, String group, int max) {
        long correlation = sendLease(client, group, max, 0);
        return client.reply(correlation, TestFloating::refreshes);
    }

    /** A call that waits. Its correlation id. */
    static long sendLease(TestClient client, String group, int max, long waitMs) {
        long correlation = queueLease(client, group, max, waitMs);
        client.harness.run();
        return correlation;
    }

    /** The same, before any duty cycle. */
    static long queueLease(TestClient client, String group, int max, long waitMs) {
        var command = new LeaseRefreshesEncoder();
        command.wrapAndApplyHeader(client.out, 0, client.header);
        client.fill(command.header());
        command.waitMs(waitMs)
                .maxRefreshes(max)
                .tenant(client.tenant)
                .taskGroup(group)
                .workerId("w");
        client.harness.queue(client.session, client.out, command.limit());
        return client.correlations++;
    }

    static List<Refresh> refreshes(ShardHarness.Reply reply) {
        if (TestClient.code(reply) != RejectReason.OK) {
            throw new AssertionError(RejectReason.fromCode(TestClient.code(reply)));
        }
        var decoder = new RefreshesLeasedDecoder();
        decoder.wrapAndApplyHeader(reply.bytes(), 0, new MessageHeaderDecoder());
        List<Refresh> all = new ArrayList<>();
        for (RefreshesLeasedDecoder.RefreshesDecoder item : decoder.refreshes()) {
            long max = item.maxConcurrency();
            long refreshedAtMs = item.refreshedAtMs();
            long epoch = item.tokenEpoch();
            long token = item.token();
            Map<String, String> metadata = new LinkedHashMap<>();
            for (RefreshesLeasedDecoder.RefreshesDecoder.MetadataDecoder entry : item.metadata()) {
                metadata.put(entry.key(), entry.value());
            }
            all.add(new Refresh(item.tenant(), item.key(), max, refreshedAtMs, metadata, epoch, token));
        }
        return all;
    }

    /** Code of the answer. */
    static int report(TestClient client, Refresh refresh, long max) {
        return report(client, refresh, max, false, "");
    }

    /** Code of the answer. */
    static int fail(TestClient client, Refresh refresh, String errorCode) {
        return report(client, refresh, 0, true, errorCode);
    }

    static int report(TestClient client, Refresh refresh, long max, boolean isFailure, String errorCode) {
        var command = new ReportRefreshEncoder();
        command.wrapAndApplyHeader(client.out, 0, client.header);
        client.fill(command.header());
        command.tokenEpoch(refresh.tokenEpoch())
                .token(refresh.token())
                .maxConcurrency(max)
                .isFailure((short) (isFailure ? 1 : 0))
                .errorCode(errorCode);
        return client.exchange(command.limit(), TestClient::code);
    }

    /** Code of the answer. */
    static int renew(TestClient client, Refresh refresh) {
        var command = new RenewRefreshEncoder();
        command.wrapAndApplyHeader(client.out, 0, client.header);
        client.fill(command.header());
        command.tokenEpoch(refresh.tokenEpoch()).token(refresh.token());
        return client.exchange(command.limit(), TestClient::code);
    }

    /** What is known of a key, as {@code max refreshedAt due failures error}, or the reason. */
    static String show(TestClient client, String key) {
        var command = new GetLimitEncoder();
        command.wrapAndApplyHeader(client.out, 0, client.header);
        client.fill(command.header());
        command.listed((short) 0).tenant("").key(key);
        return client.exchange(command.limit(), r -> {
            if (TestClient.code(r) != RejectReason.OK) {
                return String.valueOf(RejectReason.fromCode(TestClient.code(r)));
            }
            var decoder = new LimitReplyDecoder();
            decoder.wrapAndApplyHeader(r.bytes(), 0, new MessageHeaderDecoder());
            String numbers = decoder.floatingMax() + " " + decoder.refreshedAtMs() + " " + decoder.refreshDueMs() + " "
                    + decoder.refreshFailures();
            for (LimitReplyDecoder.HoldersDecoder holder : decoder.holders()) {
                throw new AssertionError(holder.jobId());
            }
            for (LimitReplyDecoder.WaitersDecoder waiter : decoder.waiters()) {
                throw new AssertionError(waiter.jobId());
            }
            return (numbers + " " + decoder.refreshError()).strip();
        });
    }
}
