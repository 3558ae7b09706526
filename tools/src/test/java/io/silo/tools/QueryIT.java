package io.silo.tools;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.silo.client.Encoding;
import io.silo.client.JobRequest;
import io.silo.tools.CommandLineFixture.Run;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** {@code silo query} against a real server of four shards. */
@Timeout(90)
class QueryIT extends ServerFixture {
    private static final int TENANTS = 8;
    private static final int EACH = 5;

    @BeforeAll
    static void enqueue() {
        for (int t = 0; t < TENANTS; t++) {
            for (int i = 0; i < EACH; i++) {
                client.enqueue(JobRequest.to("mail")
                        .tenant("t" + t)
                        .id("job" + i)
                        .priority(i)
                        .metadata("quote", "say \"" + i + "\", twice")
                        .payload("{\"n\":" + i + "}", Encoding.JSON)
                        .build());
            }
        }
    }

    @Test
    void shouldAskAllShards() {
        final Run all = silo("query", "SELECT COUNT(*) AS n, COUNT(DISTINCT shard_id) AS shards FROM jobs");
        assertThat(all.exitCode()).as(all.err()).isZero();
        assertThat(all.out().lines().map(String::strip))
                .containsExactly(" n  shards".strip(), "--  ------", "40       4", "(1 row)");
        final Run counters =
                silo("query", "SELECT COUNT(*) AS n FROM jobs WHERE tenant = $1", "--param", "t3", "--format", "csv");
        assertThat(counters.out()).isEqualTo("n\n5\n");
    }

    @Test
    void shouldOrderOverAllShards() {
        final Run run = silo(
                "query", "SELECT tenant FROM jobs WHERE id = 'job1' ORDER BY tenant DESC LIMIT 3", "--format", "csv");
        assertThat(run.out()).isEqualTo("tenant\nt7\nt6\nt5\n");
    }

    @Test
    void shouldWriteEachFormat() throws IOException {
        final String sql = "SELECT id, priority, payload, metadata, next_attempt_starts_after_ms > 0 AS pending"
                + " FROM jobs WHERE tenant = 't1' AND id = 'job2'";
        final JsonNode json = new ObjectMapper()
                .readTree(silo("query", sql, "--format", "json").out());
        assertThat(json.toString())
                .isEqualTo("{\"id\":\"job2\",\"priority\":2,\"payload\":\"{\\\"n\\\":2}\","
                        + "\"metadata\":{\"quote\":\"say \\\"2\\\", twice\"},\"pending\":true}");
        assertThat(new ObjectMapper().readTree(silo("query", sql, "--json").out()))
                .isEqualTo(json);
        assertThat(silo("query", sql, "--format", "CSV").out()).isEqualTo("""
                        id,priority,payload,metadata,pending
                        job2,2,"{""n"":2}","{quote=say ""2"", twice}",true
                        """);
        assertThat(silo("query", sql).out().lines()).hasSize(4).contains("(1 row)");
    }

    @Test
    void shouldSeeOneTenantAlone() {
        final Run run = silo("query", "SELECT DISTINCT tenant FROM jobs", "--tenant", "t4", "--format", "csv");
        assertThat(run.out()).isEqualTo("tenant\nt4\n");
        assertThat(silo("query", "SELECT id FROM jobs WHERE tenant = 't5'", "--tenant", "t4")
                        .out())
                .endsWith("(0 rows)\n");
    }

    @Test
    void shouldTakeParametersOfEachType() {
        final Run run = silo(
                "query",
                "SELECT id FROM jobs WHERE tenant = $1 AND priority > $2 AND id <> $3 ORDER BY id",
                "--param=t0",
                "--param=2",
                "--param=text:3",
                "--format=csv");
        assertThat(run.err()).isEmpty();
        assertThat(run.out()).isEqualTo("id\njob3\njob4\n");
    }

    @Test
    void shouldExplain() {
        final Run run = silo("query", "EXPLAIN SELECT id FROM jobs WHERE tenant = 't1' AND status_kind = 'Waiting'");
        assertThat(run.out()).contains("read of jobs: Status, one tenant");
    }

    @Test
    void shouldSayWhatIsWrong() {
        for (final List<String> wrong : List.of(
                List.of("SELECT nothing FROM jobs", "not found"),
                List.of("DELETE FROM jobs", "only read"),
                List.of("SELECT id FROM jobs WHERE id = $1", "$1"))) {
            final Run run = silo("query", wrong.get(0));
            assertThat(run.exitCode()).isEqualTo(2);
            assertThat(run.err())
                    .startsWith("error: SQL")
                    .contains(wrong.get(1))
                    .contains("[USAGE]");
        }
        final Run late = silo(
                "query",
                "SELECT COUNT(*) FROM jobs a, jobs b, jobs c, jobs d, jobs e, jobs f"
                        + " WHERE a.priority + b.priority + c.priority + d.priority + e.priority + f.priority = 1000",
                "--timeout",
                "1s");
        assertThat(late.exitCode()).isEqualTo(1);
        assertThat(late.err()).contains("[TIMEOUT]");
        assertThat(silo("query", "SELECT 1", "--format", "xml").exitCode()).isEqualTo(2);
    }
}
