package io.silo.shard;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.silo.protocol.RejectReason;
import io.silo.protocol.command.CountTenantsEncoder;
import io.silo.protocol.command.ScanJobsEncoder;
import io.silo.protocol.command.ScanPath;
import io.silo.protocol.reply.JobRowsReplyDecoder;
import io.silo.protocol.reply.MessageHeaderDecoder;
import io.silo.protocol.reply.TenantCountsReplyDecoder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Scans of rows, as {@link TestClient} says and reads them. */
final class TestScans {
    static final int IDS = 1;
    static final int LIMITS = 2;
    static final int LEASES = 4;
    static final int DEFINITIONS = 8;
    static final int PAYLOADS = 16;
    static final int GROUPED = 32;
    static final int BY_TENANT = 64;
    static final int BY_TASK_GROUP = 128;
    static final int WAITING = 32;

    /** What is asked for; the fields stay from page to page. */
    static final class Scan {
        ScanPath path = ScanPath.ROWS;
        String tenant = "";
        String taskGroup = "";
        String jobId = "";
        String key = "";
        String value = "";
        boolean prefix;
        int statuses;
        boolean limitedOnly;
        long minChangedAtMs = Long.MIN_VALUE;
        long maxChangedAtMs = Long.MAX_VALUE;
        long untilRow = Integer.MAX_VALUE;
        int rowsMax = 100;
        int columns = IDS;
        long cursor = -1;
        long cursorAtMs;
        long asOfMs;
    }

    /** A row of a page; a definition's fields are those of the log. */
    record Row(
            String id,
            String tenant,
            String taskGroup,
            int status,
            int priority,
            long changedAtMs,
            long startAtMs,
            int awaited,
            List<String> limits,
            boolean leased,
            Map<String, String> metadata,
            long enqueuedAtMs,
            String payload) {}

    /** A page; {@code code} says why there is none. */
    record Page(int code, List<Row> rows, Map<String, Long> counts, boolean isLast, int scanned) {
        List<String> ids() {
            return rows.stream().map(Row::id).toList();
        }
    }

    private final TestClient client;

    TestScans(TestClient client) {
        this.client = client;
    }

    /** Reads a page and moves the scan behind it. */
    Page page(Scan scan) {
        var command = new ScanJobsEncoder();
        command.wrapAndApplyHeader(client.out, 0, client.header);
        client.fill(command.header());
        command.cursor(scan.cursor)
                .cursorAtMs(scan.cursorAtMs)
                .asOfMs(scan.asOfMs)
                .minChangedAtMs(scan.minChangedAtMs)
                .maxChangedAtMs(scan.maxChangedAtMs)
                .untilRow(scan.untilRow)
                .rowsMax(scan.rowsMax)
                .columns((short) scan.columns)
                .statuses((short) scan.statuses)
                .path(scan.path)
                .limitedOnly((short) (scan.limitedOnly ? 1 : 0))
                .isPrefix((short) (scan.prefix ? 1 : 0))
                .tenant(scan.tenant)
                .taskGroup(scan.taskGroup)
                .jobId(scan.jobId)
                .metadataKey(scan.key)
                .metadataValue(scan.value);
        return client.exchange(command.limit(), reply -> read(reply, scan));
    }

    /** All pages of a scan. */
    List<Row> all(Scan scan) {
        List<Row> rows = new ArrayList<>();
        for (int pages = 0; pages < 10_000; pages++) {
            Page page = page(scan);
            if (page.code() != RejectReason.OK) {
                throw new AssertionError("refused: " + RejectReason.fromCode(page.code()));
            }
            rows.addAll(page.rows());
            if (page.isLast()) {
                return rows;
            }
        }
        throw new AssertionError("the scan does not end");
    }

    private static Page read(ShardHarness.Reply reply, Scan scan) {
        int code = TestClient.code(reply);
        if (code != RejectReason.OK) {
            return new Page(code, List.of(), Map.of(), true, 0);
        }
        var decoder = new JobRowsReplyDecoder();
        decoder.wrapAndApplyHeader(reply.bytes(), 0, new MessageHeaderDecoder());
        scan.cursor = decoder.nextCursor();
        scan.cursorAtMs = decoder.nextCursorAtMs();
        scan.asOfMs = decoder.nowMs();
        scan.maxChangedAtMs = decoder.maxChangedAtMs();
        boolean isLast = decoder.isLast() != 0;
        int scanned = (int) decoder.scanned();
        List<Row> rows = new ArrayList<>();
        List<long[]> names = new ArrayList<>();
        for (var row : decoder.rows()) {
            names.add(new long[] {row.tenant(), row.taskGroup()});
            rows.add(row(row));
        }
        Map<Long, String> tenants = new HashMap<>();
        decoder.tenants().forEach(name -> tenants.put(name.number(), name.name()));
        Map<Long, String> groups = new HashMap<>();
        decoder.taskGroups().forEach(name -> groups.put(name.number(), name.name()));
        for (int i = 0; i < rows.size(); i++) {
            Row row = rows.get(i);
            rows.set(
                    i,
                    new Row(
                            row.id,
                            tenants.get(names.get(i)[0]),
                            groups.get(names.get(i)[1]),
                            row.status,
                            row.priority,
                            row.changedAtMs,
                            row.startAtMs,
                            row.awaited,
                            row.limits,
                            row.leased,
                            row.metadata,
                            row.enqueuedAtMs,
                            row.payload));
        }
        Map<String, Long> counts = new TreeMap<>();
        for (var count : decoder.counts()) {
            String tenant = tenants.getOrDefault(count.tenant(), "");
            String group = groups.getOrDefault(count.taskGroup(), "");
            String key = key(tenant, group, count.statusRaw(), count.isWaiting() != 0);
            if (counts.put(key, count.jobs()) != null) {
                throw new AssertionError("counted twice in a page: " + key);
            }
        }
        return new Page(code, rows, counts, isLast, scanned);
    }

    /** What counts are told apart by. */
    static String key(String tenant, String group, int status, boolean isWaiting) {
        return tenant + "/" + group + "/" + status + (isWaiting ? " waiting" : "");
    }

    /** Sums of the counts of all pages of a scan. */
    Map<String, Long> counts(Scan scan) {
        Map<String, Long> counts = new TreeMap<>();
        for (int pages = 0; pages < 10_000; pages++) {
            Page page = page(scan);
            if (page.code() != RejectReason.OK || !page.rows().isEmpty()) {
                throw new AssertionError("expected counts alone, but got " + page);
            }
            if (page.counts().size() > scan.rowsMax) {
                throw new AssertionError("expected at most " + scan.rowsMax + " counts, but got " + page);
            }
            page.counts().forEach((key, jobs) -> counts.merge(key, jobs, Long::sum));
            if (page.isLast()) {
                return counts;
            }
        }
        throw new AssertionError("the scan does not end");
    }

    private static Row row(JobRowsReplyDecoder.RowsDecoder row) {
        int status = row.statusRaw();
        int priority = row.priority();
        long changedAtMs = row.changedAtMs();
        long startAtMs = row.startAtMs();
        int awaited = row.awaited();
        List<String> limits = new ArrayList<>();
        for (var limit : row.limits()) {
            String held = limit.isHeld() != 0 ? " held" : "";
            String terms = limit.kind() + " " + limit.max() + "/" + limit.durationMs() + held;
            limits.add(limit.key() + " " + terms);
        }
        var leases = row.leases();
        boolean leased = leases.count() > 0;
        leases.forEach(lease -> {});
        return rest(
                row,
                new Row(
                        "",
                        "",
                        "",
                        status,
                        priority,
                        changedAtMs,
                        startAtMs,
                        awaited,
                        limits,
                        leased,
                        Map.of(),
                        0,
                        ""));
    }

    private static Row rest(JobRowsReplyDecoder.RowsDecoder row, Row so) {
        Map<String, String> metadata = new TreeMap<>();
        long enqueuedAtMs = 0;
        String payload = "";
        for (var definition : row.definitions()) {
            enqueuedAtMs = definition.enqueuedAtMs();
            definition.metadata().forEach(entry -> {
                String key = entry.key();
                metadata.put(key, entry.value());
            });
            byte[] bytes = new byte[definition.payloadLength()];
            definition.getPayload(bytes, 0, bytes.length);
            payload = new String(bytes, UTF_8);
        }
        return new Row(
                row.jobId(),
                "",
                "",
                so.status,
                so.priority,
                so.changedAtMs,
                so.startAtMs,
                so.awaited,
                so.limits,
                so.leased,
                metadata,
                enqueuedAtMs,
                payload);
    }

    /** Code of the answer to a count of tenants. */
    int countCode(String tenant) {
        return client.exchange(sent(tenant, 0), TestClient::code);
    }

    /** {@code tenant scheduled/running/succeeded/failed/cancelled} of each. */
    List<String> tenants(String tenant) {
        List<String> told = new ArrayList<>();
        long[] cursor = {0};
        boolean isLast = false;
        while (!isLast) {
            isLast = client.exchange(sent(tenant, cursor[0]), reply -> {
                var decoder = new TenantCountsReplyDecoder();
                decoder.wrapAndApplyHeader(reply.bytes(), 0, new MessageHeaderDecoder());
                cursor[0] = decoder.nextCursor();
                boolean last = decoder.isLast() != 0;
                for (var item : decoder.tenants()) {
                    String counts = item.scheduled() + "/" + item.running() + "/" + item.succeeded() + "/"
                            + item.failed() + "/" + item.cancelled();
                    told.add(item.tenant() + " " + counts);
                }
                return last;
            });
        }
        return told;
    }

    private int sent(String tenant, long cursor) {
        var command = new CountTenantsEncoder();
        command.wrapAndApplyHeader(client.out, 0, client.header);
        client.fill(command.header());
        command.cursor(cursor).tenant(tenant);
        return command.limit();
    }
}
