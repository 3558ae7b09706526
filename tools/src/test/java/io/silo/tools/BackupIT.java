package io.silo.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.silo.client.EnqueueResult;
import io.silo.client.Job;
import io.silo.client.JobRef;
import io.silo.client.JobRequest;
import io.silo.client.JobStatus;
import io.silo.client.LeasedTask;
import io.silo.client.SiloClient;
import io.silo.client.SiloException;
import io.silo.client.SiloWorker;
import io.silo.client.TaskResult;
import io.silo.log.CycleDirectory;
import io.silo.protocol.RejectReason;
import io.silo.tools.CommandLineFixture.Run;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A real server under load that is backed up meanwhile, and what is served of the backups. */
@Tag("newest-jdk")
class BackupIT {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int BACKUPS = 3;
    private static final String TENANT = "acme";
    private static final Duration BETWEEN = Duration.ofSeconds(1);
    private static final int READ_JOBS = 200;

    /** Most of the bytes die at once, so that the log is cleaned all the time. */
    private static final int SHORT_LIVED = 20;

    private static final int SHORT_LIVED_BYTES = 8_000;

    private static final List<JobRef> SHORT_LIVED_JOBS = IntStream.range(0, SHORT_LIVED)
            .mapToObj(i -> new JobRef("", "short-lived-" + i))
            .toList();

    @TempDir
    Path directory;

    private Path data;
    private final Queue<String> acknowledged = new ConcurrentLinkedQueue<>();
    private final Queue<String> finished = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean stopping = new AtomicBoolean();
    private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();

    /** A backup, and what was acknowledged before it began. */
    private record Taken(Path path, List<String> jobs, List<String> ended, JsonNode report) {}

    @Test
    @Timeout(100)
    void shouldServeWhatWasAcknowledgedBeforeTheBackupBegan() throws Exception {
        data = directory.resolve("data");
        final Map<String, String> settings = new HashMap<>(ServerProcess.freePorts());
        settings.put("SILO_DATABASE_CYCLE_BYTES", "1048576");
        settings.put("SILO_SHARD_COUNT", "2");
        final List<Taken> taken = new ArrayList<>();
        final BigInteger oldFence;
        try (SiloClient client = SiloClient.builder()
                .address(settings.get("SILO_SERVER_AERON_ADDR"))
                .requestTimeout(Duration.ofSeconds(10))
                .build()) {
            final LeasedTask before;
            final LeasedTask after;
            try (ServerProcess server = ServerProcess.start(data, settings)) {
                client.enqueue(job("before"));
                client.enqueue(job("after"));
                before = client.leaseJob(TENANT, "before", "w");
                work(client, taken);
                after = client.leaseJob(TENANT, "after", "w");
                oldFence = before.task().fence().max(after.task().fence());
                assertThat(firstCycle(data)).as("the log was cleaned meanwhile").isPositive();
                server.kill();
            }
            // The workers of the source come to a restored cluster, on the source's own address.
            final Taken last = taken.get(BACKUPS - 1);
            final Path restored = restore(last, "restored");
            try (ServerProcess server = ServerProcess.start(restored, settings)) {
                assertThat(client.getJob(TENANT, "after").status()).isEqualTo(JobStatus.SCHEDULED);
                assertThat(reason(after)).isEqualTo(RejectReason.LEASE_NOT_FOUND);
                final LeasedTask anew = client.leaseJob(TENANT, "after", "x");
                assertThat(anew.task().fence()).isGreaterThan(oldFence);
                assertThat(reason(after)).isEqualTo(RejectReason.LEASE_NOT_FOUND);
                anew.report(TaskResult.success("new"));
                assertThat(client.getJob(TENANT, "before").status())
                        .as("as after a restart")
                        .isEqualTo(JobStatus.RUNNING);
                check(client, last);
                assertThat(server.terminate()).isZero();
            }
            verify(restored);
        }
        serve(taken.get(0), "restored-0");
        restore(taken.get(1), "restored-1");
        checkIdentities();
    }

    /** Why a report is refused. */
    private static RejectReason reason(LeasedTask lease) {
        final SiloException refused =
                catchThrowableOfType(SiloException.class, () -> lease.report(TaskResult.success("stale")));
        assertThat(refused).isNotNull();
        return refused.reason();
    }

    private static JobRequest job(String id) {
        return JobRequest.to("held").tenant(TENANT).id(id).payload("held").build();
    }

    /** Enqueues and works, and takes the backups meanwhile. */
    private void work(SiloClient client, List<Taken> taken) throws Exception {
        final Thread producer = new Thread(() -> produce(client), "producer");
        producer.setUncaughtExceptionHandler((thread, failed) -> failures.add(failed));
        try (SiloWorker worker = SiloWorker.with(client)
                .taskGroup("load")
                .concurrency(32)
                .handler(task -> TaskResult.success("done " + task.id()))
                .outcomeListener((task, refused) -> {
                    if (refused == null) {
                        finished.add(task.id());
                    }
                })
                .start()) {
            producer.start();
            for (int i = 0; i < BACKUPS; i++) {
                Thread.sleep(BETWEEN.toMillis());
                taken.add(backup("backup-" + i));
            }
            stopping.set(true);
            producer.join();
        }
        assertThat(failures).isEmpty();
    }

    private void produce(SiloClient client) {
        for (int batch = 0; !stopping.get(); batch++) {
            final List<JobRequest> jobs = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                final String id = batch + "-" + i;
                jobs.add(JobRequest.to(i < 80 ? "load" : "waiting")
                        .id(id)
                        .payload(payload(id))
                        .build());
            }
            for (int i = 0; i < SHORT_LIVED; i++) {
                jobs.add(JobRequest.to("short-lived")
                        .id("short-lived-" + i)
                        .payload("x".repeat(SHORT_LIVED_BYTES))
                        .build());
            }
            client.enqueueAll(jobs).subList(0, 100).stream()
                    .filter(EnqueueResult::isAccepted)
                    .map(EnqueueResult::jobId)
                    .forEach(acknowledged::add);
            client.cancelAll(SHORT_LIVED_JOBS);
            client.deleteAll(SHORT_LIVED_JOBS);
        }
    }

    private static String payload(String id) {
        return ("payload of " + id + " ").repeat(20);
    }

    private Taken backup(String name) throws IOException {
        final Path path = directory.resolve(name);
        final List<String> jobs = List.copyOf(acknowledged);
        final List<String> ended = List.copyOf(finished);
        final Run run = CommandLineFixture.run("backup", path.toString(), "--data", data.toString(), "--json");
        assertThat(run.exitCode()).as(run.err()).isEqualTo(ExitCode.OK);
        System.out.println(jobs.size() + " jobs acknowledged: " + run.out());
        verify(path);
        return new Taken(path, jobs, ended, JSON.readTree(run.out()));
    }

    private Path restore(Taken backup, String name) {
        final Path path = directory.resolve(name);
        final Run run = CommandLineFixture.run("restore", backup.path.toString(), "--data", path.toString());
        assertThat(run.exitCode()).as(run.err()).isEqualTo(ExitCode.OK);
        verify(path);
        return path;
    }

    private void serve(Taken backup, String name) throws Exception {
        final Path path = restore(backup, name);
        final Path second = restore(backup, name + "-again");
        try (ServerProcess server = ServerProcess.start(path, ServerProcess.freePorts());
                ServerProcess beside = ServerProcess.start(second, ServerProcess.freePorts());
                SiloClient client = SiloClient.builder().dataDirectory(path).build();
                SiloClient other = SiloClient.builder().dataDirectory(second).build()) {
            check(client, backup);
            client.enqueue(JobRequest.to("new").id("only here").payload("x").build());
            assertThatThrownBy(() -> other.getJob("only here")).isInstanceOf(SiloException.class);
            assertThat(other.getJob(backup.jobs.get(0)).id()).isEqualTo(backup.jobs.get(0));
            assertThat(beside.terminate()).isZero();
            assertThat(server.terminate()).isZero();
        }
        verify(path);
        verify(second);
    }

    /** A sample of the jobs by content, and every one by its being there. */
    private static void check(SiloClient client, Taken backup) {
        assertThat(backup.jobs.size()).isGreaterThan(READ_JOBS);
        final Set<String> ended = new HashSet<>(backup.ended);
        final List<String> jobs = backup.jobs;
        final int step = Math.max(1, jobs.size() / READ_JOBS);
        for (int i = jobs.size() - 1; i >= 0; i -= step) {
            final String id = jobs.get(i);
            final Job job = client.getJob(id);
            assertThat(job.payload().text()).isEqualTo(payload(id));
            if (ended.contains(id)) {
                assertThat(job.status()).isEqualTo(JobStatus.SUCCEEDED);
                assertThat(client.getResult(id).result().text()).isEqualTo("done " + id);
            }
        }
    }

    private static void verify(Path path) {
        final Run run = CommandLineFixture.run("log", "verify", path.toString());
        assertThat(run.exitCode()).as(run.out() + run.err()).isEqualTo(ExitCode.OK);
    }

    /** Of the shard whose log was cleaned most. */
    private static long firstCycle(Path data) throws IOException {
        long first = 0;
        try (Stream<Path> shards = Files.list(data.resolve("shards"))) {
            for (Path shard : shards.toList()) {
                first = Math.max(first, new CycleDirectory(shard).cycles()[0]);
            }
        }
        return first;
    }

    private void checkIdentities() throws IOException {
        final Set<String> clusters = new HashSet<>();
        int count = 0;
        try (Stream<Path> entries = Files.list(directory)) {
            for (Path file : entries.map(entry -> entry.resolve("identity.json"))
                    .filter(Files::exists)
                    .toList()) {
                clusters.add(JSON.readTree(file.toFile()).path("cluster_id").asText());
                count++;
            }
        }
        assertThat(count)
                .as("the source, one of each backup, and a second of the first")
                .isEqualTo(2 + BACKUPS);
        assertThat(clusters).hasSize(count);
    }
}
