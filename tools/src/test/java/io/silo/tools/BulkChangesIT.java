package io.silo.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.silo.client.BulkResult;
import io.silo.client.BulkVerb;
import io.silo.client.JobCounts;
import io.silo.client.JobFilter;
import io.silo.client.JobRequest;
import io.silo.client.JobStatus;
import io.silo.client.JobSummary;
import io.silo.client.SiloException;
import io.silo.protocol.RejectReason;
import io.silo.tools.CommandLineFixture.Run;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Many jobs by filter: the Java client and the commands against a real server of four shards. */
@Timeout(60)
class BulkChangesIT extends ServerFixture {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** Jobs of eight tenants, so that every shard has some. */
    private static void enqueue(String group, int count, Map<String, String> metadata) {
        final List<JobRequest> jobs = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            final JobRequest.Builder job =
                    JobRequest.to(group).tenant("tenant" + i % 8).id(group + i).startAfter(Duration.ofHours(1));
            metadata.forEach(job::metadata);
            jobs.add(job.build());
        }
        assertThat(client.enqueueAll(jobs)).allMatch(result -> result.isAccepted());
    }

    private static JobFilter group(String name) {
        return JobFilter.all().taskGroup(name);
    }

    @Test
    void shouldChangeWhatMatchesOnEveryShard() {
        enqueue("each", 2_400, Map.of());
        assertThat(client.dryRun(BulkVerb.CANCEL, group("each"))).isEqualTo(new BulkResult(2_400, 0));
        assertThat(client.listJobs(group("each").status(JobStatus.CANCELLED), 10))
                .isEmpty();
        assertThat(client.changeAll(BulkVerb.CANCEL, group("each").tenant("tenant3")))
                .isEqualTo(new BulkResult(300, 0));
        assertThat(client.changeAll(BulkVerb.EXPEDITE, group("each"))).isEqualTo(new BulkResult(2_100, 300));
        assertThat(client.changeAll(BulkVerb.CANCEL, group("each"))).isEqualTo(new BulkResult(2_100, 300));
        assertThat(client.changeAll(BulkVerb.RESTART, group("each").tenant("tenant4")))
                .isEqualTo(new BulkResult(300, 0));
        assertThat(client.changeAll(BulkVerb.DELETE, group("each"))).isEqualTo(new BulkResult(2_100, 300));
        assertThat(client.listJobs(group("each"), 10_000))
                .hasSize(300)
                .allMatch(job -> job.tenant().equals("tenant4") && job.status() == JobStatus.SCHEDULED);
    }

    @Test
    void shouldListAndCountOverAllShards() {
        enqueue("listed", 800, Map.of("colour", "blue"));
        enqueue("plain", 8, Map.of());
        final List<JobSummary> all = client.listJobs(group("listed"), 10_000);
        assertThat(all).extracting(JobSummary::id).hasSize(800).doesNotHaveDuplicates();
        assertThat(all).extracting(JobSummary::tenant).contains("tenant0", "tenant7");
        assertThat(all.get(0).startAt()).isAfter(all.get(0).changedAt());
        assertThat(client.listJobs(group("listed"), 7)).hasSize(7);
        assertThat(client.listJobs(group("listed"), 0)).isEmpty();
        assertThat(client.listJobs(JobFilter.all().metadata("colour", "blue"), 10_000))
                .extracting(JobSummary::taskGroup)
                .hasSize(800)
                .containsOnly("listed");
        assertThat(client.listJobs(group("plain").minAge(Duration.ofHours(1)), 10))
                .isEmpty();
        final JobCounts before = client.countJobs("tenant5");
        client.cancel("tenant5", "plain5");
        final JobCounts after = client.countJobs("tenant5");
        assertThat(after.cancelled()).isEqualTo(before.cancelled() + 1);
        assertThat(after.scheduled()).isEqualTo(before.scheduled() - 1);
        assertThat(client.countJobs("").total())
                .isEqualTo(client.listJobs(JobFilter.all(), 100_000).size());
    }

    @Test
    void shouldRefuseWhatMakesNoSense() {
        assertThat(refused(() -> client.changeAll(BulkVerb.DELETE, JobFilter.all())))
                .isEqualTo(RejectReason.INVALID_FILTER);
        assertThat(refused(() -> client.listJobs(group("g\n"), 1))).isEqualTo(RejectReason.INVALID_TASK_GROUP);
        assertThat(refused(() -> client.listJobs(group("g".repeat(70_000)), 1)))
                .isEqualTo(RejectReason.TASK_GROUP_TOO_LONG);
        assertThat(refused(() -> client.dryRun(BulkVerb.DELETE, JobFilter.all().metadata("k", "v".repeat(9_000)))))
                .isEqualTo(RejectReason.INVALID_FILTER);
        assertThat(refused(() -> client.changeAll(
                        BulkVerb.DELETE, group("g").minAge(Duration.ofHours(1).negated()))))
                .isEqualTo(RejectReason.INVALID_FILTER);
        assertThat(client.changeAll(BulkVerb.DELETE, group("nothing"))).isEqualTo(new BulkResult(0, 0));
        assertThat(client.changeAll(BulkVerb.DELETE, JobFilter.all().tenant("nobody")))
                .isEqualTo(new BulkResult(0, 0));
    }

    @Test
    void shouldChangeListAndCountByCommand() throws Exception {
        enqueue("cli", 16, Map.of("region", "north west"));
        assertThat(silo("job", "cancel", "--where", "group=cli metadata.region=\"north west\"", "--dry-run"))
                .isEqualTo(new Run(
                        ExitCode.OK,
                        "16 jobs would be changed (cancel); 0 more match, but are in no state for it.\n",
                        ""));
        assertThat(silo("job", "cancel", "--where", "group=cli tenant=tenant1").out())
                .isEqualTo("2 jobs were changed (cancel); 0 more match, but were in no state for it.\n");
        assertThat(silo("job", "delete", "--where", "group=cli", "--json").out())
                .isEqualTo("{\"verb\":\"delete\",\"dry_run\":false,\"changed\":2,\"skipped\":14}\n");
        assertThat(silo("job", "restart", "--where", "group=cli status=failed").out())
                .startsWith("0 jobs were changed");
        assertThat(silo("job", "expedite", "--where", "group=cli", "--tenant", "tenant2")
                        .out())
                .startsWith("2 jobs were changed");

        final Run twice = silo("job", "delete", "--where", "group=cli group=other");
        assertThat(twice.exitCode()).isEqualTo(ExitCode.USAGE);
        assertThat(twice.err()).contains("'group' is named twice");
        final Run tenants = silo("job", "delete", "--where", "group=cli tenant=tenant1", "--tenant", "tenant2");
        assertThat(tenants.exitCode()).isEqualTo(ExitCode.USAGE);
        assertThat(tenants.err()).contains("Name the tenant once");

        final Run list = silo("job", "list", "--where", "group=cli", "--limit", "3");
        assertThat(list.out().lines()).hasSize(3).allMatch(line -> line.contains("  cli  SCHEDULED  attempt 0  20"));
        assertThat(list.err()).isEqualTo("There are more; --limit 0 shows all.\n");
        final List<String> lines = silo("job", "list", "--where", "group=cli age>0s", "--json", "--limit", "0")
                .out()
                .lines()
                .toList();
        assertThat(lines).hasSize(14);
        final JsonNode first = JSON.readTree(lines.get(0));
        assertThat(first.path("task_group").asText()).isEqualTo("cli");
        assertThat(first.path("id").asText()).startsWith("cli");

        final JsonNode counts = JSON.readTree(
                silo("job", "count", "--tenant", "tenant6", "--json").out());
        assertThat(counts.path("scheduled").asLong()).isGreaterThanOrEqualTo(2);
        assertThat(silo("job", "count").out()).matches("(?s)[0-9,]+ jobs: [0-9,]+ scheduled, .*cancelled\n");
    }

    @Test
    void shouldRefuseArgumentsThatDoNotGoTogether() {
        assertThat(silo("job", "cancel").err()).contains("Name either ids of jobs or --where");
        assertThat(silo("job", "cancel", "a", "--where", "group=g").err())
                .contains("Name either ids of jobs or --where");
        assertThat(silo("job", "cancel", "a", "--dry-run").err()).contains("--dry-run goes with --where");
        assertThat(silo("job", "cancel", "--where", "").err()).contains("status=any stands for every job");
        assertThat(silo("job", "list", "--limit", "-1").err()).contains("--limit must not be negative");
        assertThat(silo("job", "list", "--where", "status=odd").exitCode()).isEqualTo(ExitCode.USAGE);
    }

    private static RejectReason refused(org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        return catchThrowableOfType(SiloException.class, call).reason();
    }
}
