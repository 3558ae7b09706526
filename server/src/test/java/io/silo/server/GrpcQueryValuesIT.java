package io.silo.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.silo.client.JobRequest;
import io.silo.client.SiloClient;
import io.silo.grpc.v1.QueryNull;
import io.silo.grpc.v1.QueryParameter;
import io.silo.grpc.v1.QueryRequest;
import io.silo.grpc.v1.QueryResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.msgpack.jackson.dataformat.MessagePackFactory;
import org.slf4j.LoggerFactory;

/** What statements say of values and sizes that are out of the ordinary: a right answer or one clear refusal. */
@Tag("newest-jdk")
class GrpcQueryValuesIT {
    private static final ObjectMapper PACKED = new ObjectMapper(new MessagePackFactory());
    private static final int JOBS = 500;

    private static GrpcFixture server;
    private static String shard;

    /** 500 jobs "job0" to "job499" of five tenants; priorities 0 to 99; all wait. */
    @BeforeAll
    static void start(@TempDir Path data) throws Exception {
        server = GrpcFixture.start(
                data,
                Map.of(
                        "SILO_SHARD_COUNT", "1",
                        "SILO_SERVER_STATEMENT_TIMEOUT_MS", "30000",
                        "SILO_SERVER_SLOW_QUERY_LOG_MS", "1"));
        shard = server.shardOf("t0");
        try (SiloClient client = SiloClient.builder().dataDirectory(data).build()) {
            final List<JobRequest> batch = new ArrayList<>();
            for (int i = 0; i < JOBS; i++) {
                batch.add(JobRequest.to("group")
                        .id("job" + i)
                        .tenant("t" + i % 5)
                        .priority(i % 100)
                        .metadata("n", Integer.toString(i))
                        .build());
            }
            client.enqueueAll(batch);
        }
    }

    @AfterAll
    static void stop() throws InterruptedException {
        server.close();
    }

    private static QueryResponse query(String sql, @Nullable Object... values) {
        final QueryRequest.Builder request =
                QueryRequest.newBuilder().setShard(shard).setSql(sql);
        for (final Object value : values) {
            final QueryParameter.Builder parameter = QueryParameter.newBuilder();
            if (value == null) {
                parameter.setNullValue(QueryNull.getDefaultInstance());
            } else if (value instanceof String text) {
                parameter.setStringValue(text);
            } else if (value instanceof Double real) {
                parameter.setFloat64Value(real);
            } else {
                parameter.setInt64Value(((Number) value).longValue());
            }
            request.addParameters(parameter);
        }
        return io.silo.grpc.v1.SiloGrpc.newBlockingStub(server.channel)
                .withDeadlineAfter(60, TimeUnit.SECONDS)
                .query(request.build());
    }

    private static JsonNode row(QueryResponse response, int place) {
        try {
            return PACKED.readTree(response.getRows(place).getMsgpack().toByteArray());
        } catch (IOException wrong) {
            throw new UncheckedIOException(wrong);
        }
    }

    private static long count(String filter, @Nullable Object... values) {
        return row(query("SELECT COUNT(*) AS n FROM jobs WHERE " + filter, values), 0)
                .get("n")
                .asLong();
    }

    private static void assertRefused(String sentence, String sql, @Nullable Object... values) {
        final StatusRuntimeException refused =
                catchThrowableOfType(StatusRuntimeException.class, () -> query(sql, values));
        assertThat(refused).as(sql.substring(0, Math.min(100, sql.length()))).isNotNull();
        assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
        assertThat(refused.getStatus().getDescription()).contains(sentence);
    }

    private static String repeated(int times, String separator, IntFunction<String> part) {
        return IntStream.range(0, times).mapToObj(part).collect(Collectors.joining(separator));
    }

    // ---- LIMIT and OFFSET

    @ParameterizedTest
    @CsvSource({
        "LIMIT 3000000000,500",
        "LIMIT 99999999999999999999,500",
        "LIMIT 1e3,500",
        "LIMIT 2147483647 OFFSET 2147483647,0",
        "LIMIT 10 OFFSET 3000000000,0",
        "OFFSET 99999999999999999999 ROWS,0",
        "OFFSET 495 ROWS FETCH FIRST 3000000000 ROWS ONLY,5"
    })
    void shouldTakeCountsOfRowsThatNoResultHas(String rows, int expected) {
        for (final String order : List.of("", "ORDER BY priority ", "ORDER BY status_changed_at_ms DESC ")) {
            assertThat(query("SELECT id FROM jobs " + order + rows).getRowCount())
                    .as(order + rows)
                    .isEqualTo(expected);
        }
        assertThat(query("SELECT id FROM jobs WHERE tenant = 't1' ORDER BY status_changed_at_ms DESC " + rows)
                        .getRowCount())
                .isLessThanOrEqualTo(Math.min(100, expected));
    }

    @Test
    void shouldTakeCountsOfRowsAsParameters() {
        final String sql = "SELECT id FROM jobs ORDER BY id LIMIT $1 OFFSET $2";
        assertThat(query(sql, 5, 3).getRowCount()).isEqualTo(5);
        assertThat(query(sql, null, null).getRowCount()).isEqualTo(JOBS);
        assertThat(query(sql, Long.MAX_VALUE, 0).getRowCount()).isEqualTo(JOBS);
        assertThat(query(sql, 5, Long.MAX_VALUE).getRowCount()).isZero();
        assertThat(query(sql, 0, 0).getRowCount()).isZero();
        assertRefused("LIMIT takes a whole number that is not negative, not -1", sql, -1, 0);
        assertRefused("OFFSET takes a whole number that is not negative, not -3", sql, 1, -3);
        assertRefused("LIMIT takes a whole number that is not negative, not 2.5", sql, 2.5, 0);
        assertRefused("LIMIT takes a whole number that is not negative, not x", sql, "x", 0);
        assertRefused("LIMIT takes a whole number that is not negative, not 1.5", "SELECT id FROM jobs LIMIT 1.5");
    }

    /** A read of no column at all. */
    @Test
    void shouldCountWhatALimitLeaves() {
        assertThat(row(query("SELECT COUNT(*) AS n FROM (SELECT id FROM jobs LIMIT 7) x"), 0)
                        .get("n")
                        .asInt())
                .isEqualTo(7);
        assertThat(row(query("SELECT (SELECT COUNT(*) FROM jobs) AS n"), 0)
                        .get("n")
                        .asInt())
                .isEqualTo(JOBS);
    }

    // ---- numbers and nulls

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "priority < 3000000000 | 500",
                "priority = 3000000000 | 0",
                "priority > -9223372036854775809 | 500",
                "priority < 9223372036854775808 | 500",
                "priority > 50.5 | 245",
                "priority = 5.0 | 5",
                "priority = 5.5 | 0",
                "priority BETWEEN 5.5 AND 3e9 | 470",
                "enqueue_time_ms > 1.5 | 500",
                "enqueue_time_ms < 1e300 | 500",
                "tenant = 't1' AND status_changed_at_ms > 1.5 | 100",
                "tenant = 't1' AND status_changed_at_ms < 1e300 | 100",
                "tenant = 't1' AND status_changed_at_ms <= 9223372036854775807 | 100",
                "tenant = 't1' AND status_changed_at_ms > 9223372036854775807 | 0",
                "tenant = 't1' AND NOT (status_changed_at_ms > 9223372036854775807) | 100",
                "id = NULL | 0",
                "NOT (id = NULL) | 0",
                "id = NULL OR priority = 5 | 5",
                "id IN ('job1', NULL) | 1",
                "id NOT IN ('job1', NULL) | 0",
                "NOT (tenant = NULL) | 0",
                "status_kind NOT IN ('failed', NULL) | 0",
                "status_kind NOT IN ('failed', 'Running') | 500",
                "status_kind IS NOT DISTINCT FROM 'waiting' | 500",
                "element_at(metadata, 'n') IN (5, 6) | 2",
                "priority IN ('5', '6') | 10",
                "priority IN (5, 3000000000, 5.5) | 5",
                "id ILIKE 'JXOB1%' ESCAPE 'X' | 111",
                "id NOT ILIKE 'JOB1!%' ESCAPE '!' | 500",
                "element_at(metadata, 'n') LIKE '!1%' ESCAPE '!' | 111"
            })
    void shouldAnswerTheSameWithAnIndexAndWithout(String filter, long expected) {
        assertThat(count(filter)).as(filter).isEqualTo(expected);
        assertThat(count("CASE WHEN " + filter + " THEN 1 ELSE 0 END = 1"))
                .as(filter)
                .isEqualTo(expected);
    }

    @Test
    void shouldTakeNumbersThatTheColumnCannotHaveAsParameters() {
        assertThat(count("priority < $1", 3_000_000_000L)).isEqualTo(JOBS);
        assertThat(count("priority < $1", -3_000_000_000L)).isZero();
        assertThat(count("priority < $1", 50.5)).isEqualTo(255);
        assertThat(count("tenant = 't1' AND status_changed_at_ms > $1", 1.5)).isEqualTo(100);
        assertThat(count("status_changed_at_ms > $1", 1e30)).isZero();
        assertThat(count("priority IN ($1, $2)", 5.5, 6)).isEqualTo(5);
        assertThat(count("tenant = $1", new Object[] {null})).isZero();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "priority < 99999999999999999999",
                "id = 5",
                "id IN (1, 2)",
                "status_kind = 5",
                "priority = 'abc'",
                "enqueue_time_ms > 'abc'",
                "priority = 1/0",
                "priority / 0 = 1",
                "CAST(id AS INTEGER) = 1",
                "CAST(enqueue_time_ms AS INTEGER) = 1",
                "CAST('99999999999999999999' AS BIGINT) = 1",
                "id LIKE 'x' ESCAPE '!!'"
            })
    void shouldRefuseValuesThatAreNotWhatTheyAreTakenFor(String filter) {
        for (int i = 0; i < 2; i++) { // the second time its plan is there
            assertRefused("SQL error: ", "SELECT COUNT(*) AS n FROM jobs WHERE " + filter);
        }
    }

    // ---- sizes

    @Test
    void shouldFindALongListOfValues() {
        for (final int length : new int[] {2, 3, 64, 65, 5_000, 20_000}) {
            final String ids = repeated(length, ",", i -> "'job" + i + "'");
            final String numbers = repeated(length, ",", Integer::toString);
            final int found = Math.min(length, JOBS);
            assertThat(count("id IN (" + ids + ")")).isEqualTo(found);
            assertThat(count("id NOT IN (" + ids + ")")).isEqualTo(JOBS - found);
            assertThat(count("priority IN (" + numbers + ")")).isEqualTo(Math.min(5L * length, JOBS));
            assertThat(row(query("SELECT SUM(CASE WHEN id IN (" + ids + ") THEN 1 ELSE 0 END) AS n FROM jobs"), 0)
                            .get("n")
                            .asInt())
                    .isEqualTo(found);
        }
        assertThat(count("id IN ($1, 'job7', $2)", "job1", "job2")).isEqualTo(3);
        assertThat(row(query("EXPLAIN SELECT id FROM jobs WHERE id IN ('job1', 'job2')"), 0)
                        .get("plan")
                        .asText())
                .contains("read of jobs: ExactId");
    }

    /** The planner's time grows with the square of the conditions, and code has to fit the JVM's methods. */
    @Test
    void shouldRefuseStatementsThatAreTooLarge() {
        final long startNs = System.nanoTime();
        for (final int terms : new int[] {600, 5_000, 20_000}) {
            for (final String sql : Arrays.asList(
                    "SELECT id FROM jobs WHERE " + repeated(terms, " OR ", i -> "id='" + i + "'"),
                    "SELECT id FROM jobs WHERE " + repeated(terms, " AND ", i -> "id<>'" + i + "'"),
                    "SELECT CASE " + repeated(terms, " ", i -> "WHEN id='" + i + "' THEN " + i) + " END FROM jobs",
                    "SELECT " + repeated(terms, "+", i -> "priority") + " AS x FROM jobs",
                    "SELECT * FROM (VALUES " + repeated(terms + 500, ",", i -> "(" + i + ")") + ") v")) {
                assertRefused("SQL error: ", sql);
            }
        }
        assertThat(System.nanoTime() - startNs).isLessThan(TimeUnit.SECONDS.toNanos(60));
        assertThat(count(repeated(100, " OR ", i -> "id = 'job" + i + "'"))).isEqualTo(100);
        assertThat(count("id = 'job1'")).as("it serves").isEqualTo(1);
    }

    // ---- less usual clauses

    @Test
    void shouldTakeWindowsByNameAndQualify() {
        final String over = "ROW_NUMBER() OVER (PARTITION BY tenant ORDER BY id)";
        assertThat(query("SELECT id FROM jobs WHERE priority > $1 QUALIFY " + over + " = $2 ORDER BY id", 3, 2)
                        .getRowsList())
                .isEqualTo(query("SELECT id FROM (SELECT id, " + over + " AS n FROM jobs WHERE priority > 3) x"
                                + " WHERE n = 2 ORDER BY id")
                        .getRowsList())
                .hasSize(5);
        assertThat(query(
                                "SELECT id, ROW_NUMBER() OVER w AS n FROM jobs WINDOW w AS (PARTITION BY element_at(metadata, 'n')"
                                        + " ORDER BY id) ORDER BY id LIMIT 3")
                        .getRowsList())
                .isEqualTo(query("SELECT id, ROW_NUMBER() OVER (PARTITION BY metadata['n'] ORDER BY id) AS n FROM jobs"
                                + " ORDER BY id LIMIT 3")
                        .getRowsList())
                .hasSize(3);
        assertRefused("PIVOT is not there", "SELECT * FROM jobs PIVOT (COUNT(*) FOR tenant IN ('t1', 't2'))");
        assertThat(query("SELECT * EXCEPT (payload) FROM jobs LIMIT 1").getColumnsCount())
                .isEqualTo(12);
    }

    /** One placeholder may stand beside a status and beside something else. */
    @Test
    void shouldTakeAStatusInAnyCaseWhereItIsOneAlone() {
        assertThat(count("status_kind = $1", "WAITING")).isEqualTo(JOBS);
        assertThat(count("status_kind IN ($1, 'failed')", "waiting")).isEqualTo(JOBS);
        assertThat(count("id = $1 OR status_kind = $1", "job1")).isEqualTo(1);
        assertThat(row(
                                query(
                                        "SELECT COUNT(*) AS n FROM (VALUES ('failed')) v(x) WHERE x = $1 AND NOT EXISTS"
                                                + " (SELECT 1 FROM jobs WHERE status_kind = $1)",
                                        "failed"),
                                0)
                        .get("n")
                        .asInt())
                .isEqualTo(1);
    }

    // ---- arithmetic

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT COUNT(*) AS n FROM jobs WHERE enqueue_time_ms * 9000000 > 0",
                "SELECT 9223372036854775807 + priority + 1 AS n FROM jobs WHERE priority > 0",
                "SELECT enqueue_time_ms - 9223372036854775807 - enqueue_time_ms - enqueue_time_ms AS n FROM jobs",
                "SELECT -9223372036854775807 - 2 AS n FROM jobs",
            })
    void shouldRefuseWhatLeavesItsType(String sql) {
        assertRefused("overflow", sql);
    }

    @Test
    void shouldComputeWhatFits() {
        assertThat(count("enqueue_time_ms + 1 - 1 = enqueue_time_ms AND priority * 2 >= 0"))
                .isEqualTo(JOBS);
        assertThat(count("9223372036854775800 + priority % 7 >= 9223372036854775800"))
                .isEqualTo(JOBS);
    }

    // ---- the log of slow statements

    @Test
    void shouldLogSlowStatementsThatFail() {
        final Logger logger = (Logger) LoggerFactory.getLogger("io.silo.gateway.QueryCalls");
        final ListAppender<ILoggingEvent> lines = new ListAppender<>();
        lines.start();
        logger.addAppender(lines);
        try {
            assertRefused("/ by zero", "SELECT COUNT(*) AS failing FROM jobs WHERE priority / 0 = 1 AND id <> 'x'");
        } finally {
            logger.detachAppender(lines);
        }
        assertThat(lines.list)
                .extracting(ILoggingEvent::getFormattedMessage)
                .anySatisfy(line -> assertThat(line)
                        .startsWith("A query of shard " + shard + " took ")
                        .contains(" ms for a refusal (SQL error: ")
                        .contains("/ by zero): SELECT COUNT(*) AS failing"));
    }
}
