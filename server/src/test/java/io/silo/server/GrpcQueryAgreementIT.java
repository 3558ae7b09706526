package io.silo.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.silo.client.JobRequest;
import io.silo.client.SiloClient;
import io.silo.grpc.v1.QueryRequest;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An index is a short cut, and no more: what a statement answers does not depend on it. */
@Tag("newest-jdk")
class GrpcQueryAgreementIT {
    private static final int JOBS = 2_000;
    private static final int FILTERS = 60;

    @Test
    void shouldAnswerTheSameWithAnIndexAndWithout(@TempDir Path data) throws Exception {
        final Random random = new Random(42);
        final Map<String, String> settings =
                Map.of("SILO_SHARD_COUNT", "1", "SILO_SERVER_STATEMENT_TIMEOUT_MS", "60000");
        try (GrpcFixture server = GrpcFixture.start(data, settings);
                SiloClient client = SiloClient.builder().dataDirectory(data).build()) {
            fill(client, random);
            for (int i = 0; i < FILTERS; i++) {
                final String filter = filter(random, 2);
                final String select = "SELECT COUNT(*) AS n, MIN(id) AS low, MAX(id) AS high FROM jobs WHERE ";
                // A filter inside CASE is one that no index is chosen by.
                assertThat(answer(server, select + filter))
                        .as(filter)
                        .isEqualTo(answer(server, select + "CASE WHEN " + filter + " THEN 1 ELSE 0 END = 1"));
            }
        }
    }

    private static void fill(SiloClient client, Random random) {
        final List<JobRequest> batch = new ArrayList<>();
        for (int i = 0; i < JOBS; i++) {
            batch.add(JobRequest.to("group" + random.nextInt(4))
                    .id("job" + i)
                    .tenant("t" + random.nextInt(5))
                    .priority(random.nextInt(100))
                    .metadata("k", "v" + random.nextInt(50))
                    .build());
        }
        client.enqueueAll(batch);
        for (int i = 0; i < JOBS / 10; i++) {
            final JobRequest job = batch.get(random.nextInt(JOBS));
            client.cancelAsync(job.tenant(), job.id())
                    .handle((done, twice) -> done)
                    .join();
        }
    }

    private static ByteString answer(GrpcFixture server, String sql) {
        final QueryRequest request = QueryRequest.newBuilder()
                .setShard(server.shardOf("t0"))
                .setSql(sql)
                .build();
        return server.silo.query(request).getRows(0).getMsgpack();
    }

    private static String filter(Random random, int depth) {
        if (depth > 0 && random.nextInt(3) > 0) {
            final String operator = random.nextBoolean() ? " AND " : " OR ";
            return "(" + filter(random, depth - 1) + operator + filter(random, depth - 1) + ")";
        }
        return switch (random.nextInt(10)) {
            case 0 -> "tenant = 't" + random.nextInt(6) + "'";
            case 1 -> "id = 'job" + random.nextInt(JOBS) + "'";
            case 2 -> "status_kind IN ('Waiting', 'Failed', 'Cancelled')";
            case 3 -> "element_at(metadata, 'k') = 'v" + random.nextInt(51) + "'";
            case 4 -> "element_at(metadata, 'k') LIKE 'v" + random.nextInt(5) + "%'";
            case 5 -> "task_group = 'group" + random.nextInt(5) + "'";
            case 6 -> "priority > " + random.nextInt(100);
            case 7 -> "tenant IN ('t1', 't2')";
            case 8 -> "status_kind = 'cancelled'";
            default -> "NOT (status_kind = 'Waiting' AND task_group = 'group1')";
        };
    }
}
