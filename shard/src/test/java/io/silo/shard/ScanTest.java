package io.silo.shard;

import static io.silo.shard.TestScans.BY_TASK_GROUP;
import static io.silo.shard.TestScans.BY_TENANT;
import static io.silo.shard.TestScans.DEFINITIONS;
import static io.silo.shard.TestScans.GROUPED;
import static io.silo.shard.TestScans.IDS;
import static io.silo.shard.TestScans.LEASES;
import static io.silo.shard.TestScans.LIMITS;
import static io.silo.shard.TestScans.PAYLOADS;
import static io.silo.shard.TestScans.WAITING;
import static org.assertj.core.api.Assertions.assertThat;

import io.silo.protocol.RejectReason;
import io.silo.protocol.command.ScanPath;
import io.silo.shard.TestClient.Item;
import io.silo.shard.TestScans.Row;
import io.silo.shard.TestScans.Scan;
import io.silo.shard.state.JobState;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Scans of rows: what queries in SQL read. */
class ScanTest {
    private final ShardHarness harness = new ShardHarness(1);
    private final TestClient client = new TestClient(harness, harness.session(1));
    private final TestVerbs verbs = new TestVerbs(client);
    private final TestScans scans = new TestScans(client);

    private void enqueue(String tenant, String id, Map<String, String> metadata) {
        enqueue(tenant, id, metadata, 0);
    }

    private void enqueue(String tenant, String id, Map<String, String> metadata, long delayMs) {
        Item item = new Item(id);
        item.tenant = tenant;
        item.metadata = metadata;
        item.priority = id.length();
        item.startAtMs = delayMs == 0 ? 0 : harness.wallMs + delayMs;
        assertThat(client.enqueue(item)).containsExactly(RejectReason.OK);
    }

    private static Scan rows() {
        return new Scan();
    }

    private static Scan chain(String tenant, JobState state) {
        Scan scan = new Scan();
        scan.path = ScanPath.STATUS;
        scan.tenant = tenant;
        scan.statuses = state == JobState.SCHEDULED ? 1 | WAITING : 1 << state.ordinal();
        return scan;
    }

    private static Scan metadata(String tenant, String key, String value, boolean prefix) {
        Scan scan = new Scan();
        scan.path = ScanPath.METADATA;
        scan.tenant = tenant;
        scan.key = key;
        scan.value = value;
        scan.prefix = prefix;
        return scan;
    }

    private List<String> ids(Scan scan) {
        return scans.all(scan).stream().map(Row::id).toList();
    }

    @Test
    void shouldReadAllRowsPageByPage() {
        for (int i = 0; i < 25; i++) {
            enqueue(i % 2 == 0 ? "even" : "odd", "j" + i, Map.of());
        }
        Scan scan = rows();
        scan.rowsMax = 7;
        assertThat(ids(scan)).hasSize(25).doesNotHaveDuplicates();
        Scan odd = rows();
        odd.tenant = "odd";
        assertThat(scans.all(odd)).hasSize(12).allMatch(row -> row.tenant().equals("odd"));
        Scan part = rows();
        part.cursor = 5;
        part.untilRow = 15;
        assertThat(ids(part)).hasSize(10);
    }

    @Test
    void shouldTellWaitingFromScheduled() {
        enqueue("t", "now", Map.of());
        enqueue("t", "later", Map.of(), 60_000);
        Scan waiting = rows();
        waiting.statuses = WAITING;
        assertThat(ids(waiting)).containsExactly("now");
        Scan scheduled = chain("t", JobState.SCHEDULED);
        scheduled.statuses = 1;
        assertThat(ids(scheduled)).containsExactly("later");
        harness.advance(120_000);
        Scan all = rows();
        all.statuses = WAITING;
        assertThat(ids(all)).containsExactlyInAnyOrder("now", "later");
        Scan asOfThen = rows();
        asOfThen.statuses = WAITING;
        asOfThen.asOfMs = harness.wallMs - 119_000;
        assertThat(ids(asOfThen)).as("as it was").containsExactly("now");
    }

    @Test
    void shouldWalkAChainFromTheLatestChange() {
        for (int i = 0; i < 10; i++) {
            enqueue("t", "j" + i, Map.of());
            harness.advance(5);
        }
        enqueue("other", "o", Map.of());
        Scan scan = chain("t", JobState.SCHEDULED);
        scan.rowsMax = 3;
        assertThat(ids(scan)).containsExactly("j9", "j8", "j7", "j6", "j5", "j4", "j3", "j2", "j1", "j0");
        Scan first = chain("t", JobState.SCHEDULED);
        first.rowsMax = 2;
        assertThat(scans.page(first).scanned()).as("rows looked at").isLessThan(5);
        List<Row> all = scans.all(chain("t", JobState.SCHEDULED));
        Scan window = chain("t", JobState.SCHEDULED);
        window.minChangedAtMs = all.get(6).changedAtMs();
        window.maxChangedAtMs = all.get(3).changedAtMs();
        assertThat(ids(window)).containsExactly("j6", "j5", "j4", "j3");
    }

    @Test
    void shouldGoOnInAChainWhoseLastRowMovedAway() {
        for (int i = 0; i < 9; i++) {
            enqueue("t", "j" + i, Map.of());
            harness.advance(5);
        }
        Scan scan = chain("t", JobState.SCHEDULED);
        scan.rowsMax = 3;
        assertThat(scans.page(scan).ids()).containsExactly("j8", "j7", "j6");
        client.tenant = "t";
        assertThat(verbs.cancel("j6")).isEqualTo("OK");
        List<String> rest = new ArrayList<>(ids(scan));
        rest.removeAll(List.of("j8", "j7"));
        assertThat(rest)
                .as("nothing behind the one that moved is lost")
                .containsExactly("j5", "j4", "j3", "j2", "j1", "j0");
    }

    @Test
    void shouldFindAJobByItsIdOfOneTenantOrOfEach() {
        enqueue("a", "same", Map.of());
        enqueue("b", "same", Map.of());
        enqueue("c", "another", Map.of());
        Scan ofAll = rows();
        ofAll.path = ScanPath.JOB;
        ofAll.jobId = "same";
        ofAll.rowsMax = 1;
        assertThat(scans.all(ofAll).stream().map(Row::tenant)).containsExactlyInAnyOrder("a", "b");
        Scan ofOne = rows();
        ofOne.path = ScanPath.JOB;
        ofOne.jobId = "same";
        ofOne.tenant = "b";
        assertThat(scans.all(ofOne).stream().map(Row::tenant)).containsExactly("b");
        ofOne.tenant = "nobody";
        ofOne.cursor = -1;
        assertThat(scans.all(ofOne)).isEmpty();
    }

    @Test
    void shouldFindJobsByMetadata() {
        enqueue("a", "one", Map.of("colour", "blue", "size", "12"));
        enqueue("b", "two", Map.of("colour", "blue"));
        enqueue("b", "three", Map.of("colour", "bluish"));
        enqueue("b", "four", Map.of("size", "blue"));
        enqueue("b", "five", Map.of("colour", ""));
        assertThat(ids(metadata("", "colour", "blue", false))).containsExactlyInAnyOrder("one", "two");
        assertThat(ids(metadata("b", "colour", "blue", false))).containsExactly("two");
        assertThat(ids(metadata("", "colour", "blu", true))).containsExactlyInAnyOrder("one", "two", "three");
        assertThat(ids(metadata("b", "colour", "blue", true))).containsExactly("two");
        assertThat(ids(metadata("", "colour", "", true))).hasSize(4);
        assertThat(ids(metadata("", "colour", "", false))).containsExactly("five");
        assertThat(ids(metadata("", "shape", "blue", false))).isEmpty();
        Scan byOnes = metadata("", "colour", "blue", false);
        byOnes.rowsMax = 1;
        assertThat(ids(byOnes)).containsExactlyInAnyOrder("one", "two");
    }

    @Test
    void shouldForgetTheMetadataOfJobsThatAreGone() {
        client.tenant = "t";
        for (int i = 0; i < 6; i++) {
            enqueue("t", "j" + i, Map.of("k", "v"));
        }
        for (int i = 0; i < 6; i += 2) {
            verbs.cancel("j" + i);
            verbs.delete("j" + i);
        }
        assertThat(ids(metadata("t", "k", "v", false))).containsExactly("j5", "j3", "j1");
        enqueue("t", "again", Map.of("k", "v"));
        assertThat(ids(metadata("t", "k", "v", false))).containsExactly("again", "j5", "j3", "j1");
        assertThat(ids(metadata("t", "k", "v", true))).hasSize(4);
    }

    @Test
    void shouldFindMetadataAgainAfterARestart() {
        for (int i = 0; i < 5; i++) {
            enqueue("t", "j" + i, Map.of("k", "v" + i % 2));
        }
        harness.kill();
        TestScans after = new TestScans(new TestClient(harness, harness.session(1)));
        assertThat(after.all(metadata("t", "k", "v1", false)).stream().map(Row::id))
                .containsExactlyInAnyOrder("j1", "j3");
    }

    @Test
    void shouldReadDefinitionsOffTheShardsThread() {
        enqueue("t", "j", Map.of("k", "v"));
        Scan scan = rows();
        scan.columns = IDS | DEFINITIONS | PAYLOADS;
        Row row = scans.all(scan).get(0);
        assertThat(row.metadata()).isEqualTo(Map.of("k", "v"));
        assertThat(row.payload()).isEqualTo("p");
        assertThat(row.enqueuedAtMs()).isEqualTo(row.changedAtMs());
        scan = rows();
        scan.columns = IDS | DEFINITIONS;
        assertThat(scans.all(scan).get(0).payload()).as("not asked for").isEmpty();
    }

    @Test
    void shouldEndAPageWhereTheReplyIsFull() {
        for (int i = 0; i < 12; i++) {
            Item item = new Item("j" + i);
            item.payload = new byte[30_000];
            assertThat(client.enqueue(item)).containsExactly(RejectReason.OK);
        }
        Scan scan = rows();
        scan.columns = IDS | PAYLOADS;
        assertThat(scans.page(scan).rows()).hasSizeBetween(1, 4);
        scan.cursor = -1;
        assertThat(ids(scan)).hasSize(12).doesNotHaveDuplicates();
    }

    @Test
    void shouldShowLimitsAndLeases() {
        for (int i = 0; i < 3; i++) {
            Item item = new Item("j" + i);
            item.limits.put("slot", 1);
            assertThat(client.enqueue(item)).containsExactly(RejectReason.OK);
        }
        assertThat(client.lease("w", 5)).hasSize(1);
        client.enqueue(new Item("free"));
        Scan scan = rows();
        scan.columns = IDS | LIMITS | LEASES;
        scan.limitedOnly = true;
        List<Row> rows = scans.all(scan);
        assertThat(rows).hasSize(3);
        for (Row row : rows) {
            boolean runs = row.id().equals("j0");
            assertThat(row.leased()).isEqualTo(runs);
            assertThat(row.awaited()).as("place of the limit that it waits for").isEqualTo(runs ? -1 : 0);
            assertThat(row.limits()).containsExactly("slot CONCURRENCY 1/0" + (runs ? " held" : ""));
        }
    }

    @Test
    void shouldCountTenants() {
        client.tenant = "b";
        enqueue("a", "1", Map.of());
        enqueue("b", "1", Map.of());
        enqueue("b", "2", Map.of());
        verbs.cancel("2");
        assertThat(scans.tenants("")).containsExactlyInAnyOrder("a 1/0/0/0/0", "b 1/0/0/0/1");
        assertThat(scans.tenants("b")).containsExactly("b 1/0/0/0/1");
        assertThat(scans.tenants("nobody")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 5, 1_000})
    void shouldCountWhatRowsAgreeIn(int rowsMax) {
        Random random = new Random(rowsMax);
        for (int i = 0; i < 300; i++) {
            Item item = new Item("j" + i);
            item.tenant = random.nextInt(4) == 0 ? item.tenant : "t" + random.nextInt(3);
            item.taskGroup = "g" + random.nextInt(3);
            item.startAtMs = i % 3 == 0 ? harness.wallMs + 60_000 : 0;
            assertThat(client.enqueue(item)).containsExactly(RejectReason.OK);
        }
        for (int i = 0; i < 300; i += 2) {
            verbs.cancel("j" + i); // those of the other tenants are not found
        }
        for (int columns : List.of(0, BY_TENANT, BY_TASK_GROUP, BY_TENANT | BY_TASK_GROUP)) {
            for (String tenant : List.of("", "t2", "nobody")) {
                Scan asRows = rows();
                asRows.tenant = tenant;
                Map<String, Long> expected = new TreeMap<>();
                for (Row row : scans.all(asRows)) {
                    String of = (columns & BY_TENANT) == 0 ? "" : row.tenant();
                    String group = (columns & BY_TASK_GROUP) == 0 ? "" : row.taskGroup();
                    boolean waits = row.status() == JobState.SCHEDULED.ordinal() && row.startAtMs() <= asRows.asOfMs;
                    expected.merge(TestScans.key(of, group, row.status(), waits), 1L, Long::sum);
                }
                Scan counted = rows();
                counted.tenant = tenant;
                counted.columns = GROUPED | columns;
                counted.rowsMax = rowsMax;
                assertThat(scans.counts(counted)).isEqualTo(expected);
                assertThat(expected.isEmpty()).isEqualTo(tenant.equals("nobody"));
            }
        }
        Scan cancelled = rows();
        cancelled.columns = GROUPED;
        cancelled.statuses = 1 << JobState.CANCELLED.ordinal();
        assertThat(scans.counts(cancelled)).hasSize(1);
    }

    @Test
    void shouldRefuseWhatCannotBeScanned() {
        Scan none = rows();
        none.rowsMax = 0;
        assertThat(scans.page(none).code()).isEqualTo(RejectReason.INVALID_LIMIT.code());
        Scan status = chain("t", JobState.FAILED);
        status.statuses |= 1;
        assertThat(scans.page(status).code()).isEqualTo(RejectReason.INVALID_FILTER.code());
        Scan ofAll = chain("", JobState.FAILED);
        assertThat(scans.page(ofAll).code()).isEqualTo(RejectReason.INVALID_FILTER.code());
        Scan columns = rows();
        for (int wrong : List.of(BY_TENANT, BY_TASK_GROUP | IDS, GROUPED | IDS, GROUPED | PAYLOADS | BY_TENANT)) {
            columns.columns = wrong;
            assertThat(scans.page(columns).code()).isEqualTo(RejectReason.INVALID_FILTER.code());
        }
        Scan counted = chain("t", JobState.FAILED);
        counted.columns = GROUPED;
        assertThat(scans.page(counted).code()).isEqualTo(RejectReason.INVALID_FILTER.code());
        Scan statuses = rows();
        statuses.statuses = 64;
        assertThat(scans.page(statuses).code()).isEqualTo(RejectReason.INVALID_FILTER.code());
        Scan id = rows();
        id.path = ScanPath.JOB;
        id.jobId = "x".repeat(300);
        assertThat(scans.page(id).code()).isEqualTo(RejectReason.INVALID_FILTER.code());
    }

    @ParameterizedTest
    @ValueSource(longs = {-2, -1, 0, 1, Integer.MAX_VALUE, Long.MAX_VALUE, Long.MIN_VALUE, 1L << 39, (1L << 62) + 7})
    void shouldEndWhateverCursorItIsGiven(long cursor) {
        for (int i = 0; i < 5; i++) {
            enqueue("t", "j" + i, Map.of("k", "v"));
        }
        for (Scan scan : List.of(
                rows(),
                chain("t", JobState.SCHEDULED),
                metadata("", "k", "v", false),
                metadata("t", "k", "v", false),
                metadata("", "k", "v", true))) {
            scan.cursor = cursor;
            scan.cursorAtMs = cursor;
            assertThat(scans.all(scan).size()).isLessThanOrEqualTo(5);
        }
    }

    /** Each path against all rows, while jobs come, go and move between the pages of each scan. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void shouldMissNothingThatIsThereAllTheTime(long seed) {
        Random random = new Random(seed);
        client.tenant = "t";
        Set<String> still = new TreeSet<>();
        for (int i = 0; i < 60; i++) {
            boolean stays = random.nextBoolean();
            String id = (stays ? "s" : "m") + i;
            enqueue("t", id, Map.of("k", "v"));
            if (stays) {
                still.add(id);
            }
            harness.advance(random.nextInt(3));
        }
        for (Scan scan : List.of(
                rows(), chain("t", JobState.SCHEDULED), metadata("t", "k", "v", false), metadata("", "k", "v", true))) {
            scan.rowsMax = 1 + random.nextInt(7);
            Set<String> seen = new HashSet<>();
            boolean isLast = false;
            for (int pages = 0; !isLast && pages < 500; pages++) {
                TestScans.Page page = scans.page(scan);
                seen.addAll(page.ids());
                isLast = page.isLast();
                change(random);
            }
            assertThat(isLast).isTrue();
            assertThat(seen).as(scan.path + ": jobs that stay").containsAll(still);
        }
    }

    private void change(Random random) {
        harness.advance(random.nextInt(2));
        String id = "m" + random.nextInt(60);
        switch (random.nextInt(3)) {
            case 0 -> verbs.cancel(id);
            case 1 -> verbs.restart(id);
            default -> {
                verbs.cancel(id);
                verbs.delete(id);
                enqueue("t", id, Map.of("k", "v"));
            }
        }
    }
}
