package io.silo.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.silo.grpc.v1.ArrowIpcMessage;
import io.silo.grpc.v1.CancelJobRequest;
import io.silo.grpc.v1.ColumnInfo;
import io.silo.grpc.v1.ConcurrencyLimit;
import io.silo.grpc.v1.DeleteJobRequest;
import io.silo.grpc.v1.EnqueueRequest;
import io.silo.grpc.v1.LeaseTasksRequest;
import io.silo.grpc.v1.Limit;
import io.silo.grpc.v1.QueryArrowRequest;
import io.silo.grpc.v1.QueryNull;
import io.silo.grpc.v1.QueryParameter;
import io.silo.grpc.v1.QueryRequest;
import io.silo.grpc.v1.QueryResponse;
import io.silo.grpc.v1.SerializedBytes;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.ipc.ArrowStreamReader;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.msgpack.jackson.dataformat.MessagePackFactory;

/** Queries in SQL over gRPC against a whole server: behaviour section 18. */
class GrpcQueryIT {
    private static final ObjectMapper PACKED = new ObjectMapper(new MessagePackFactory());
    private static final String TENANT = "acme";

    /** 1 of a tenant "other", 20 of "acme": 12 wait, 2 of them run, 3 come later, 5 wait for one slot of a limit of which one runs. */
    private static GrpcFixture server;

    private static String shard;

    @BeforeAll
    static void start(@TempDir Path data) throws Exception {
        server = GrpcFixture.start(data, Map.of("SILO_SHARD_COUNT", "1", "SILO_SHARD_LEASE_MS", "600000"));
        shard = server.shardOf(TENANT);
        for (int i = 0; i < 12; i++) {
            server.silo.enqueue(job("w" + i)
                    .setPriority(i)
                    .setPayload(packed(Map.of("n", i)))
                    .putMetadata("region", i % 2 == 0 ? "eu-west" : "us-east")
                    .putMetadata("n", Integer.toString(i))
                    .setTaskGroup(i < 2 ? "run" : "wait")
                    .build());
        }
        for (int i = 0; i < 3; i++) {
            server.silo.enqueue(job("later" + i)
                    .setStartAtMs(System.currentTimeMillis() + 3_600_000)
                    .setTaskGroup("later")
                    .build());
        }
        for (int i = 0; i < 5; i++) {
            server.silo.enqueue(job("limited" + i)
                    .setTaskGroup("limited")
                    .addLimits(Limit.newBuilder()
                            .setConcurrency(
                                    ConcurrencyLimit.newBuilder().setKey("slot").setMaxConcurrency(1)))
                    .build());
        }
        server.silo.enqueue(server.job("other", "w1").build());
        assertThat(lease("run", 2)).isEqualTo(2);
        assertThat(lease("limited", 5)).isEqualTo(1);
    }

    @AfterAll
    static void stop() throws InterruptedException {
        server.close();
    }

    private static EnqueueRequest.Builder job(String id) {
        return server.job(TENANT, id);
    }

    private static int lease(String group, int tasks) {
        return server.silo
                .leaseTasks(LeaseTasksRequest.newBuilder()
                        .setShard(shard)
                        .setWorkerId("worker")
                        .setTaskGroup(group)
                        .setMaxTasks(tasks)
                        .build())
                .getTasksCount();
    }

    private static SerializedBytes packed(Object value) {
        try {
            return SerializedBytes.newBuilder()
                    .setMsgpack(ByteString.copyFrom(PACKED.writeValueAsBytes(value)))
                    .build();
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
    }

    private static QueryRequest.Builder request(String sql) {
        return QueryRequest.newBuilder().setShard(shard).setSql(sql);
    }

    private static QueryResponse query(String sql, QueryParameter... parameters) {
        return server.silo.query(
                request(sql).addAllParameters(List.of(parameters)).build());
    }

    private static QueryParameter text(String value) {
        return QueryParameter.newBuilder().setStringValue(value).build();
    }

    private static QueryParameter number(long value) {
        return QueryParameter.newBuilder().setInt64Value(value).build();
    }

    private static List<JsonNode> rows(QueryResponse response) {
        final List<JsonNode> rows = new ArrayList<>();
        for (final SerializedBytes row : response.getRowsList()) {
            try {
                rows.add(PACKED.readTree(row.getMsgpack().toByteArray()));
            } catch (IOException broken) {
                throw new UncheckedIOException(broken);
            }
        }
        assertThat(response.getRowCount()).isEqualTo(rows.size());
        return rows;
    }

    /** The values of the first column, sorted as text. */
    private static List<String> values(String sql, QueryParameter... parameters) {
        final QueryResponse response = query(sql, parameters);
        final String column = response.getColumns(0).getName();
        return rows(response).stream()
                .map(row -> row.get(column).asText())
                .sorted()
                .toList();
    }

    private static long count(String sql, QueryParameter... parameters) {
        final QueryResponse response = query(sql, parameters);
        return rows(response).get(0).get(response.getColumns(0).getName()).asLong();
    }

    private static String plan(String sql) {
        return rows(query("EXPLAIN " + sql)).get(0).get("plan").asText();
    }

    // ---- the table of jobs

    @Test
    void shouldShowEveryColumnOfAJob() {
        final QueryResponse response = query("SELECT * FROM jobs WHERE tenant = 'acme' AND id = 'w5'");
        assertThat(response.getColumnsList().stream().map(ColumnInfo::getName))
                .containsExactly(
                        "shard_id",
                        "tenant",
                        "id",
                        "priority",
                        "enqueue_time_ms",
                        "payload",
                        "status_kind",
                        "status_changed_at_ms",
                        "task_group",
                        "current_attempt",
                        "next_attempt_starts_after_ms",
                        "metadata",
                        "limits");
        assertThat(response.getColumnsList().stream().map(ColumnInfo::getDataType))
                .containsExactly(
                        "Utf8", "Utf8", "Utf8", "UInt8", "Int64", "Utf8", "Utf8", "Int64", "Utf8", "UInt32", "Int64",
                        "Map", "Utf8");
        final JsonNode row = rows(response).get(0);
        assertThat(row.get("shard_id").asText()).isEqualTo(shard);
        assertThat(row.get("priority").asInt()).isEqualTo(5);
        assertThat(row.get("payload").asText()).isEqualTo("{\"n\":5}");
        assertThat(row.get("status_kind").asText()).isEqualTo("Waiting");
        assertThat(row.get("task_group").asText()).isEqualTo("wait");
        assertThat(row.get("current_attempt").asInt()).isEqualTo(1);
        assertThat(row.get("metadata").asText()).isEqualTo("{n: 5, region: us-east}");
        assertThat(row.get("limits").asText()).isEqualTo("[]");
        assertThat(row.get("enqueue_time_ms").asLong())
                .isBetween(System.currentTimeMillis() - 600_000, System.currentTimeMillis());
    }

    @Test
    void shouldTellWaitingFromScheduledWhateverIsProjected() {
        assertThat(values("SELECT id FROM jobs WHERE status_kind = 'Scheduled'"))
                .containsExactly("later0", "later1", "later2");
        assertThat(count("SELECT COUNT(*) FROM jobs WHERE tenant = 'acme' AND status_kind = 'waiting'"))
                .isEqualTo(14);
        assertThat(values("SELECT id FROM jobs WHERE status_kind = 'Running'")).containsExactly("limited0", "w0", "w1");
        assertThat(values("SELECT id FROM jobs WHERE status_kind <> 'Waiting' AND tenant = $1", text(TENANT)))
                .containsExactly("later0", "later1", "later2", "limited0", "w0", "w1");
        assertThat(values("SELECT status_kind FROM jobs WHERE id = 'later1'")).containsExactly("Scheduled");
        assertThat(values("SELECT id FROM jobs WHERE status_kind IN ('Running', 'SCHEDULED') AND tenant = 'acme'"))
                .containsExactly("later0", "later1", "later2", "limited0", "w0", "w1");
        assertThat(values("SELECT id FROM jobs WHERE status_kind = 'Running' AND status_kind = 'Failed'"))
                .isEmpty();
        assertThat(values("SELECT id FROM jobs WHERE status_kind NOT IN ('Waiting', 'Scheduled') AND tenant = 'acme'"))
                .containsExactly("limited0", "w0", "w1");
        assertThat(values("SELECT id FROM jobs WHERE (status_kind = 'Running' AND task_group = 'run')"
                        + " OR (status_kind = 'Scheduled' AND id = 'later2')"))
                .containsExactly("later2", "w0", "w1");
    }

    @Test
    void shouldFindJobsByMetadata() {
        final List<String> even = List.of("w0", "w10", "w2", "w4", "w6", "w8");
        assertThat(values("SELECT id FROM jobs WHERE array_contains(element_at(metadata, 'region'), 'eu-west')"))
                .isEqualTo(even);
        assertThat(values("SELECT id FROM jobs WHERE element_at(metadata, 'region') = $1", text("eu-west")))
                .isEqualTo(even);
        assertThat(values("SELECT id FROM jobs WHERE metadata['region'] = 'eu-west' AND tenant = 'acme'"))
                .isEqualTo(even);
        assertThat(values(
                        "SELECT id FROM jobs WHERE starts_with(array_any_value(element_at(metadata, 'region')), 'eu')"))
                .isEqualTo(even);
        assertThat(values("SELECT id FROM jobs WHERE array_any_value(element_at(metadata, 'region')) LIKE 'eu%'"))
                .isEqualTo(even);
        assertThat(values("SELECT id FROM jobs WHERE element_at(metadata, 'region') LIKE '%west'"))
                .isEqualTo(even);
        assertThat(values("SELECT id FROM jobs WHERE element_at(metadata, 'n') = '7' AND tenant = 'acme'"))
                .containsExactly("w7");
        assertThat(values("SELECT id FROM jobs WHERE element_at(metadata, 'none') = '7'"))
                .isEmpty();
        assertThat(values("SELECT id FROM jobs WHERE element_at(metadata, 'region') = 'eu-west' AND tenant = 'other'"))
                .isEmpty();
    }

    @Test
    void shouldSayWhichIndexIsUsed() {
        assertThat(plan("SELECT id FROM jobs WHERE tenant = 'acme' AND id = 'w1'"))
                .contains("ExactId, one tenant");
        assertThat(plan("SELECT id FROM jobs WHERE element_at(metadata, 'n') = '1' AND status_kind = 'Running'"))
                .contains("MetadataExact");
        assertThat(plan("SELECT id FROM jobs WHERE element_at(metadata, 'n') LIKE '1%'"))
                .contains("MetadataPrefix");
        assertThat(plan("SELECT id FROM jobs WHERE tenant = 'acme' AND status_kind = 'Failed'"))
                .contains("Status, one tenant");
        assertThat(plan("SELECT id FROM jobs WHERE tenant = 'acme' AND status_kind IN ('Failed', 'Running')"))
                .contains("StatusUnion");
        assertThat(plan("SELECT id FROM jobs WHERE tenant = 'acme' AND status_kind = 'Failed'"
                        + " ORDER BY status_changed_at_ms DESC LIMIT 10"))
                .contains("latest change first")
                .doesNotContain("Sort");
        assertThat(plan("SELECT id FROM jobs")).contains("FullScan");
        assertThat(plan("SELECT job_id FROM tasks WHERE task_group = 'wait'")).contains("TaskGroupScan");
        assertThat(plan("SELECT COUNT(*) FROM jobs WHERE tenant = 'acme'")).contains("Counters");
        assertThat(plan("SELECT tenant, COUNT(*) FROM jobs GROUP BY tenant")).contains("Counters");
        assertThat(plan("SELECT status_kind, COUNT(*) FROM jobs GROUP BY status_kind"))
                .contains("read of jobs: FullScan, counted");
        assertThat(plan("SELECT COUNT(*) FROM jobs WHERE status_kind = 'Failed'"))
                .contains("read of jobs: Status, counted");
        assertThat(plan("SELECT status_kind, COUNT(*) FROM jobs WHERE tenant = 'acme' GROUP BY status_kind"))
                .contains("read of jobs: Tenant, one tenant")
                .doesNotContain("counted");
        assertThat(plan("SELECT priority, COUNT(*) FROM jobs GROUP BY priority"))
                .contains("FullScan")
                .doesNotContain("counted");
        assertThat(plan("SELECT id FROM jobs WHERE tenant = 'acme' AND tenant = 'other'"))
                .contains("Nothing");
    }

    @Test
    void shouldComeInTheOrderThatIsAskedFor() {
        final List<JsonNode> newest = rows(query(
                "SELECT id, status_changed_at_ms FROM jobs WHERE tenant = 'acme' ORDER BY status_changed_at_ms DESC"));
        assertThat(newest).hasSize(20);
        assertThat(newest.stream()
                        .map(row -> row.get("status_changed_at_ms").asLong())
                        .toList())
                .isSortedAccordingTo(Comparator.reverseOrder());
        final QueryResponse page =
                query("SELECT id FROM jobs WHERE task_group = 'wait' ORDER BY priority DESC, id LIMIT 2 OFFSET 1");
        assertThat(rows(page).stream().map(row -> row.get("id").asText())).containsExactly("w10", "w9");
    }

    // ---- what statements can do

    /** Their texts are the same once literals are lifted, but for what stands where. */
    @Test
    void shouldNotMixUpStatementsThatLookAlike() {
        final String select = "SELECT id FROM jobs WHERE ";
        for (int round = 0; round < 2; round++) {
            assertThat(values(select + "tenant = $1 AND id = $2", text(TENANT), text("w4")))
                    .containsExactly("w4");
            assertThat(values(select + "tenant = 'acme' AND id = $1", text("w4")))
                    .containsExactly("w4");
            assertThat(values(select + "tenant = $1 AND id = 'w4'", text(TENANT)))
                    .containsExactly("w4");
            assertThat(values(select + "tenant = $2 AND id = $1", text("w4"), text(TENANT)))
                    .containsExactly("w4");
            assertThat(values(select + "tenant = 'acme' AND id = 'w4'")).containsExactly("w4");
            assertThat(values(select + "tenant = 'acme' AND status_changed_at_ms > $1", number(0)))
                    .hasSize(20);
            assertThat(values(select + "status_changed_at_ms > 0 AND tenant = $1", text(TENANT)))
                    .hasSize(20);
        }
    }

    @Test
    void shouldSortWhereAFilterOnlyLooksLikeThatOfOneTenant() {
        for (final String filter : List.of(
                "(tenant = 'acme' AND status_kind = 'Waiting') OR (tenant = 'other' AND status_kind = 'Waiting')",
                "tenant = 'acme' OR status_kind = 'Waiting'",
                "tenant = 'acme' AND (id IN ('w1', 'later1') OR status_kind = 'Running')",
                "tenant = 'acme' AND status_kind IN ('Running', 'Waiting')",
                "tenant = 'acme'")) {
            final List<Long> times = rows(query("SELECT status_changed_at_ms FROM jobs WHERE " + filter
                            + " ORDER BY status_changed_at_ms DESC LIMIT 15"))
                    .stream()
                    .map(row -> row.get("status_changed_at_ms").asLong())
                    .toList();
            final long latest = count(
                    "SELECT MAX(status_changed_at_ms) FROM jobs WHERE CASE WHEN " + filter + " THEN 1 ELSE 0 END = 1");
            assertThat(times)
                    .as(filter)
                    .isSortedAccordingTo(Comparator.reverseOrder())
                    .startsWith(latest);
        }
    }

    @Test
    void shouldShowNullForAPayloadThatIsNone() {
        final SerializedBytes cut = SerializedBytes.newBuilder()
                .setMsgpack(ByteString.copyFrom(new byte[] {(byte) 0xa5, 0x61}))
                .build();
        server.silo.enqueue(server.job("broken", "cut").setPayload(cut).build());
        try {
            assertThat(rows(query("SELECT id, payload FROM jobs WHERE tenant = 'broken'"))
                            .get(0)
                            .get("payload")
                            .isNull())
                    .isTrue();
        } finally {
            server.silo.cancelJob(CancelJobRequest.newBuilder()
                    .setShard(shard)
                    .setTenant("broken")
                    .setId("cut")
                    .build());
            server.silo.deleteJob(DeleteJobRequest.newBuilder()
                    .setShard(shard)
                    .setTenant("broken")
                    .setId("cut")
                    .build());
        }
    }

    @Test
    void shouldFindNothingByNamesThatNobodyCanHave() {
        for (final String name : List.of("x".repeat(300), "a\tb", "")) {
            assertThat(values("SELECT id FROM jobs WHERE tenant = $1", text(name)))
                    .isEmpty();
            assertThat(values("SELECT id FROM jobs WHERE tenant = $1 AND status_kind = 'Failed'", text(name)))
                    .isEmpty();
            assertThat(values("SELECT id FROM jobs WHERE task_group = $1", text(name)))
                    .isEmpty();
            assertThat(values("SELECT id FROM jobs WHERE id = $1 AND tenant = 'acme'", text(name)))
                    .isEmpty();
            assertThat(values("SELECT id FROM jobs WHERE element_at(metadata, 'n') = $1", text(name)))
                    .isEmpty();
            assertThat(count("SELECT COUNT(*) FROM jobs WHERE tenant = $1", text(name)))
                    .isZero();
        }
        assertRefused("SELECT nothing FROM jobs", Status.Code.INVALID_ARGUMENT, "Column 'nothing' not found");
    }

    @Test
    void shouldTellTheTypesOfSingleColumns() {
        assertThat(query(
                                "SELECT priority, current_attempt, metadata, priority + 1 AS more FROM jobs WHERE id = 'w3' LIMIT 1")
                        .getColumnsList()
                        .stream()
                        .map(ColumnInfo::getDataType))
                .containsExactly("UInt8", "UInt32", "Map", "Int32");
        assertThat(query("SELECT priority, COUNT(*) FROM jobs GROUP BY priority ORDER BY 1")
                        .getColumns(0)
                        .getDataType())
                .isEqualTo("UInt8");
    }

    /** Whether a shard counts its rows or sends them: where the smallest id is wanted too, it sends them. */
    @Test
    void shouldCountByWhatJobsAgreeInAsByTheirRows() {
        for (final String group :
                List.of("status_kind", "tenant", "shard_id, task_group, status_kind, tenant", "LOWER(status_kind)")) {
            for (final String where : List.of(
                    "",
                    "WHERE tenant <> 'acme'",
                    "WHERE status_kind = 'waiting' AND task_group LIKE 'w%'",
                    "WHERE task_group = 'wait' OR tenant = 'other'")) {
                final String counted = "SELECT " + group + ", COUNT(*) AS n, COUNT(*) AS again FROM jobs " + where
                        + " GROUP BY " + group;
                final String sent =
                        "SELECT " + group + ", COUNT(*) AS n, COUNT(*) AS again, MIN(id) AS smallest FROM jobs " + where
                                + " GROUP BY " + group;
                final List<JsonNode> expected = rows(query(sent));
                expected.forEach(row -> ((ObjectNode) row).remove("smallest"));
                assertThat(rows(query(counted))).as(counted).containsExactlyInAnyOrderElementsOf(expected);
                assertThat(count("SELECT COUNT(*) AS n FROM jobs " + where))
                        .as(where)
                        .isEqualTo(rows(query("SELECT COUNT(*) AS n, MIN(id) AS smallest FROM jobs " + where))
                                .get(0)
                                .get("n")
                                .asLong());
            }
        }
        assertThat(plan("SELECT tenant, COUNT(*) AS n, MIN(id) AS smallest FROM jobs GROUP BY tenant"))
                .doesNotContain("counted")
                .doesNotContain("Counters");
        assertThat(rows(query(
                        "SELECT status_kind, COUNT(*) AS n FROM jobs WHERE tenant = $1 GROUP BY status_kind"
                                + " HAVING COUNT(*) > 2 ORDER BY n DESC LIMIT 1",
                        text(TENANT))))
                .hasSize(1);
        assertThat(
                        query("SELECT status_kind, tenant, COUNT(*) FROM jobs GROUP BY status_kind, tenant")
                                .getColumnsList()
                                .stream()
                                .map(ColumnInfo::getDataType))
                .containsExactly("Utf8", "Utf8", "Int64");
        assertRefused("SELECT * FROM job_counts", Status.Code.INVALID_ARGUMENT, "Object 'job_counts' not found");
        assertRefused("SELECT * FROM \"job_counts\"", Status.Code.INVALID_ARGUMENT, "Object 'job_counts' not found");
    }

    @Test
    void shouldCountAndGroup() {
        assertThat(count("SELECT COUNT(*) FROM jobs")).isEqualTo(21);
        assertThat(count("SELECT count(*) AS count FROM jobs WHERE tenant = 'acme'"))
                .isEqualTo(20);
        assertThat(count("SELECT COUNT(*) FROM jobs WHERE tenant = $1", text("nobody")))
                .isZero();
        final QueryResponse groups = query(
                "SELECT task_group, COUNT(*) AS n, MAX(priority) AS top, AVG(priority) AS mean, SUM(priority) AS total"
                        + " FROM jobs WHERE tenant = 'acme' GROUP BY task_group HAVING COUNT(*) > 2 ORDER BY n DESC, 1");
        assertThat(groups.getColumnsList().stream().map(ColumnInfo::getDataType))
                .containsExactly("Utf8", "Int64", "Int32", "Float64", "Int64");
        assertThat(rows(groups).stream().map(JsonNode::toString))
                .containsExactly(
                        "{\"task_group\":\"wait\",\"n\":10,\"top\":11,\"mean\":6.5,\"total\":65}",
                        "{\"task_group\":\"limited\",\"n\":5,\"top\":0,\"mean\":0.0,\"total\":0}",
                        "{\"task_group\":\"later\",\"n\":3,\"top\":0,\"mean\":0.0,\"total\":0}");
    }

    @Test
    void shouldJoinCastAndCalculate() {
        assertThat(values("SELECT j.id FROM jobs j JOIN queues q ON j.id = q.job_id AND j.tenant = q.tenant"
                        + " WHERE q.entry_type = 'requester'"))
                .containsExactly("limited1", "limited2", "limited3", "limited4");
        assertThat(count("SELECT COUNT(*) FROM jobs a JOIN jobs b ON a.priority = b.priority WHERE a.tenant = 'acme'"
                        + " AND b.tenant = 'acme'"))
                .as("9 of priority 0, 11 of others")
                .isEqualTo(9 * 9 + 11);
        assertThat(values("SELECT id FROM jobs WHERE priority = (SELECT MAX(priority) FROM jobs)"))
                .containsExactly("w11");
        assertThat(values("SELECT id FROM jobs WHERE id IN (SELECT job_id FROM tasks WHERE task_group = 'later')"))
                .containsExactly("later0", "later1", "later2");
        assertThat(values("SELECT CASE WHEN priority > 5 THEN 'high' ELSE 'low' END AS class FROM jobs"
                        + " WHERE id IN ('w1', 'w9') AND tenant = 'acme'"))
                .containsExactly("high", "low");
        assertThat(values("SELECT CAST(priority AS VARCHAR) || '/' || id FROM jobs WHERE id = 'w9'"))
                .containsExactly("9/w9");
        assertThat(values("SELECT priority * 2 + 1 FROM jobs WHERE id = 'w9'")).containsExactly("19");
        assertThat(values("WITH mine AS (SELECT id FROM jobs WHERE tenant = 'other') SELECT id FROM mine"))
                .containsExactly("w1");
        assertThat(query("SELECT COUNT(*), MAX(priority) FROM jobs").getColumnsList().stream()
                        .map(ColumnInfo::getName))
                .containsExactly("count(*)", "max(priority)");
        assertThat(values("SELECT id FROM jobs WHERE id = 'Ünïcödé-日本'")).isEmpty();
    }

    @Test
    void shouldTakeParameters() {
        assertThat(values(
                        "SELECT id FROM jobs WHERE tenant = $2 AND priority >= $1 AND id <> $3",
                        number(10),
                        text(TENANT),
                        text("w10")))
                .containsExactly("w11");
        assertThat(values("SELECT id FROM jobs WHERE status_kind = $1", text("running")))
                .containsExactly("limited0", "w0", "w1");
        assertThat(values("SELECT id FROM jobs WHERE id = $1 OR id = $1", text("w3")))
                .containsExactly("w3");
        assertThat(values(
                        "SELECT id FROM jobs WHERE tenant = $1",
                        QueryParameter.newBuilder()
                                .setNullValue(QueryNull.getDefaultInstance())
                                .build()))
                .isEmpty();
        // The same plan with other values, and with a literal that has the form of a placeholder.
        assertThat(values("SELECT id FROM jobs WHERE tenant = 'acme' AND id = 'w4'"))
                .containsExactly("w4");
        assertThat(values("SELECT id FROM jobs WHERE tenant = 'acme' AND id = '$1'"))
                .isEmpty();
        assertThat(values("SELECT id FROM jobs WHERE tenant = 'acme' AND priority = 4"))
                .containsExactly("w4");
        assertThat(values("SELECT id FROM jobs WHERE tenant = 'acme' AND priority = 99999999999"))
                .isEmpty();
        assertRefused(
                "SELECT id FROM jobs WHERE id = $2",
                Status.Code.INVALID_ARGUMENT,
                "No value found for placeholder with id $2",
                text("x"));
        assertRefused(
                "SELECT id FROM jobs WHERE id = $1",
                Status.Code.INVALID_ARGUMENT,
                "query parameter is missing a value",
                QueryParameter.getDefaultInstance());
        assertRefused(
                "SELECT id FROM jobs WHERE priority = $1",
                Status.Code.INVALID_ARGUMENT,
                "SQL parameter error",
                text("high"));
    }

    private static void assertRefused(String sql, Status.Code code, String words, QueryParameter... parameters) {
        final StatusRuntimeException refused =
                catchThrowableOfType(StatusRuntimeException.class, () -> query(sql, parameters));
        assertThat(refused).as("%s is refused", sql).isNotNull();
        assertThat(refused.getStatus().getCode() + ": " + refused.getStatus().getDescription())
                .startsWith(code.name())
                .contains(words);
    }

    // ---- the other tables

    @Test
    void shouldShowWhoHoldsAndWhoWaits() {
        final List<JsonNode> entries =
                rows(query("SELECT * FROM queues WHERE tenant = 'acme' AND queue_name = 'slot' ORDER BY entry_type"));
        assertThat(entries).hasSize(5);
        assertThat(entries.get(0).get("entry_type").asText()).isEqualTo("holder");
        assertThat(entries.get(0).get("job_id").isNull()).isTrue();
        assertThat(entries.get(0).get("task_id").asText()).hasSize(48);
        assertThat(entries.get(4).get("entry_type").asText()).isEqualTo("requester");
        assertThat(entries.get(4).get("task_id").asText()).matches("limited\\d:1:[0-9a-f]{8}");
        final JsonNode counts = rows(query("SELECT * FROM queue_counts")).get(0);
        assertThat(counts.toString())
                .isEqualTo("{\"shard_id\":\"" + shard + "\",\"tenant\":\"acme\",\"queue_name\":\"slot\",\"holders\":1,"
                        + "\"requesters\":4,\"max_concurrency\":1,\"limit_type\":\"fixed\"}");
        assertThat(values("SELECT limits FROM jobs WHERE id = 'limited3'"))
                .containsExactly("[{\"limit_type\":\"Concurrency\",\"key\":\"slot\",\"value\":\"1\"}]");
    }

    @Test
    void shouldShowCountersAndTasks() {
        assertThat(
                        rows(query("SELECT tenant, status_kind, cnt FROM tenant_counts ORDER BY tenant, status_kind"))
                                .stream()
                                .map(JsonNode::toString))
                .containsExactly(
                        "{\"tenant\":\"acme\",\"status_kind\":\"Running\",\"cnt\":3}",
                        "{\"tenant\":\"acme\",\"status_kind\":\"Scheduled\",\"cnt\":17}",
                        "{\"tenant\":\"other\",\"status_kind\":\"Scheduled\",\"cnt\":1}");
        assertThat(values("SELECT job_id FROM tasks WHERE variant_type = 'RequestTicket'"))
                .containsExactly("limited1", "limited2", "limited3", "limited4");
        assertThat(count("SELECT COUNT(*) FROM tasks WHERE variant_type = 'RunAttempt' AND tenant = 'acme'"))
                .isEqualTo(13);
        assertThat(count("SELECT COUNT(*) FROM tasks WHERE job_id = 'w0'"))
                .as("leased")
                .isZero();
    }

    // ---- refusals

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "   ",
                "SELECT",
                "SELECT nothing FROM jobs",
                "SELECT id FROM nowhere",
                "SELECT id FROM jobs WHERE",
                "DELETE FROM jobs",
                "INSERT INTO jobs (id) VALUES ('x')",
                "UPDATE jobs SET priority = 1",
                "DROP TABLE jobs",
                "SELECT id FROM jobs; DELETE FROM jobs",
                "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT n FROM t",
                "SELECT id FROM jobs WHERE id SIMILAR TO '(a*)*b'",
                "SELECT id FROM jobs WHERE id ~ '(a+)+$'",
                "SELECT id FROM jobs WHERE id NOT SIMILAR TO 'a'",
                "SELECT 1 FROM jobs a, jobs b, jobs c, jobs d, jobs e, jobs f, jobs g, jobs h",
                "SELECT map_keys(metadata) FROM jobs",
                "SELECT element_at(metadata) FROM jobs",
                "SELECT id FROM jobs WHERE id = ?",
                "SELECT no_function(id) FROM jobs"
            })
    void shouldRefuseWhatIsNoQuery(String sql) {
        assertRefused(sql, Status.Code.INVALID_ARGUMENT, "SQL error");
    }

    @Test
    void shouldRefuseStatementsThatAreTooLongOrDeep() {
        assertRefused("SELECT '" + "x".repeat(300_000) + "'", Status.Code.INVALID_ARGUMENT, "SQL error");
        assertRefused(
                "SELECT " + "(".repeat(50_000) + "1" + ")".repeat(50_000), Status.Code.INVALID_ARGUMENT, "SQL error");
    }

    @Test
    void shouldNameTheEntryWhereAFunctionIsNotThere() {
        assertRefused("SELECT map_keys(metadata) FROM jobs", Status.Code.INVALID_ARGUMENT, "metadata['key']");
    }

    @Test
    void shouldRefuseShardsThatAreNone() {
        assertThatThrownBy(() ->
                        server.silo.query(request("SELECT 1").setShard("none").build()))
                .hasMessage("INVALID_ARGUMENT: invalid shard ID: none");
        assertThatThrownBy(() -> server.silo.query(request("SELECT 1")
                        .setShard("00000000-0000-0000-0000-000000000000")
                        .build()))
                .hasMessage("NOT_FOUND: shard not found");
    }

    @Test
    void shouldSeeOneTenantAloneWhereOneIsNamed() {
        final QueryResponse scoped = server.silo.query(
                request("SELECT id, tenant FROM jobs").setTenant("other").build());
        assertThat(rows(scoped).stream().map(row -> row.get("tenant").asText())).containsExactly("other");
        final QueryResponse beyond = server.silo.query(request("SELECT id FROM jobs WHERE tenant = 'acme' OR 1 = 1")
                .setTenant("other")
                .build());
        assertThat(rows(beyond)).hasSize(1);
        for (final String table : List.of("jobs", "queues", "queue_counts", "tenant_counts", "tasks")) {
            final QueryResponse none = server.silo.query(request("SELECT * FROM " + table + " WHERE tenant = 'acme'")
                    .setTenant("other")
                    .build());
            assertThat(rows(none)).as(table).isEmpty();
            assertThat(none.getColumnsCount()).as(table).isPositive();
        }
        assertThat(rows(server.silo.query(request("SELECT COUNT(*) AS n FROM jobs")
                                .setTenant("other")
                                .build()))
                        .get(0)
                        .get("n")
                        .asLong())
                .isEqualTo(1);
    }

    // ---- Arrow

    @Test
    void shouldStreamArrow() throws IOException {
        final Iterator<ArrowIpcMessage> messages = server.silo.queryArrow(QueryArrowRequest.newBuilder()
                .setShard(shard)
                .setSql("SELECT * FROM jobs WHERE tenant = 'acme' AND task_group = 'wait' ORDER BY priority")
                .build());
        int rows = 0;
        try (RootAllocator allocator = new RootAllocator()) {
            while (messages.hasNext()) {
                final byte[] stream = messages.next().getIpcData().toByteArray();
                try (ArrowStreamReader reader = new ArrowStreamReader(new ByteArrayInputStream(stream), allocator)) {
                    while (reader.loadNextBatch()) {
                        final var root = reader.getVectorSchemaRoot();
                        assertThat(root.getVector("id").getObject(0)).hasToString("w2");
                        assertThat(root.getVector("priority").getField().getType())
                                .hasToString("Int(8, false)");
                        assertThat(root.getVector("metadata").getObject(1))
                                .hasToString(
                                        "[{\"key\":\"n\",\"value\":\"3\"},{\"key\":\"region\",\"value\":\"us-east\"}]");
                        rows += root.getRowCount();
                    }
                }
            }
        }
        assertThat(rows).isEqualTo(10);
        assertThat(server.silo
                        .queryArrow(QueryArrowRequest.newBuilder()
                                .setShard(shard)
                                .setSql("SELECT id FROM jobs WHERE id = 'none'")
                                .build())
                        .hasNext())
                .as("an empty result has no message")
                .isFalse();
    }
}
