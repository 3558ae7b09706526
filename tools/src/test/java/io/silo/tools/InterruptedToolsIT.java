package io.silo.tools;

import static org.assertj.core.api.Assertions.assertThat;

import io.silo.client.EnqueueResult;
import io.silo.client.JobRef;
import io.silo.client.JobRequest;
import io.silo.client.SiloClient;
import io.silo.log.CycleArchive;
import io.silo.tools.CommandLineFixture.Run;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** F41, F42: {@code silo backup} and {@code silo restore}, ended by signals at moments of all kinds, and the archive in a backup. */
// What counts is the order in which files come into being, whatever JDK writes them; BackupIT's tag has the same
// reason.
@Tag("newest-jdk")
class InterruptedToolsIT {
    private static final int TENANTS = 8;
    private static final int JOBS = 2_000;
    private static final int BATCH = 50;
    private static final String PAYLOAD = "sixteen bytes... ".repeat(1_000);

    /** Less would be copied before a signal arrives. */
    private static final long BACKUP_BYTES_MIN = 30L << 20;

    private static final int RANDOM_KILLS = 1;

    /** As many signals have to find a tool at work: files are there, and the last is not. */
    private static final int MIDWAY_MIN = 4;

    private static final long ARCHIVE_MS = 2_000;

    private static final String KILL = "KILL";
    private static final int SIGNAL_EXIT_BASE = 128;
    private static final Map<String, Integer> SIGNALS = Map.of(KILL, 9, "TERM", 15, "INT", 2);

    @TempDir
    static Path directory;

    private static final SplittableRandom RANDOM = new SplittableRandom(seed());
    private static final List<JobRef> FILLED = new ArrayList<>();
    private static Path data;
    private static Path whole;
    private static Map<String, String> settings;
    private static ServerProcess server;
    private static SiloClient client;

    /** How long a tool wrote that was not interrupted. */
    private static long backupNs;

    private final Queue<JobRef> acknowledged = new ConcurrentLinkedQueue<>();
    private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean stopping = new AtomicBoolean();

    /** When a tool gets which signal: as soon as something holds of the directory that it writes, and then so much later. */
    private record Moment(String name, Predicate<Path> reached, long delayNs, String signal) {
        static Moment when(String name, Predicate<Path> reached) {
            return new Moment(name, reached, 0, KILL);
        }

        static Moment exists(String file) {
            return when(file + " is there", path -> Files.exists(path.resolve(file)));
        }

        static Moment files(int count) {
            return when(count + " files are there", path -> fileCount(path.toFile()) >= count);
        }

        static Moment later(long delayNs) {
            return new Moment("random", path -> fileCount(path.toFile()) > 0, delayNs, KILL);
        }

        Moment by(String other) {
            return new Moment(name, reached, delayNs, other);
        }
    }

    private static long seed() {
        final long seed =
                Long.getLong("silo.interrupt.seed", ThreadLocalRandom.current().nextLong());
        System.out.println("seed: -Dsilo.interrupt.seed=" + seed);
        return seed;
    }

    @BeforeAll
    static void fill() throws Exception {
        data = directory.resolve("data");
        settings = ServerProcess.freePorts();
        settings.put("SILO_DATABASE_CYCLE_BYTES", "1048576");
        settings.put("SILO_SHARD_COUNT", "2");
        server = ServerProcess.start(data, settings);
        client = SiloClient.builder()
                .dataDirectory(data)
                .requestTimeout(Duration.ofSeconds(10))
                .build();
        for (int at = 0; at < JOBS; at += BATCH) {
            final List<JobRequest> batch = IntStream.range(at, at + BATCH)
                    .mapToObj(i -> job("tenant-" + i % TENANTS, "filled-" + i, PAYLOAD))
                    .toList();
            assertThat(client.enqueueAll(batch)).allMatch(EnqueueResult::isAccepted);
            batch.forEach(job -> FILLED.add(new JobRef(job.tenant(), job.id())));
        }
        whole = directory.resolve("whole");
        final Process tool = tool("backup", whole.toString(), "--data", data.toString());
        while (tool.isAlive() && fileCount(whole.toFile()) == 0) {
            LockSupport.parkNanos(100_000);
        }
        final long begunNs = System.nanoTime();
        assertThat(tool.waitFor()).isEqualTo(ExitCode.OK);
        backupNs = System.nanoTime() - begunNs;
        assertThat(bytes(whole)).isGreaterThan(BACKUP_BYTES_MIN);
    }

    @AfterAll
    static void stop() throws Exception {
        client.close();
        server.close();
    }

    private static JobRequest job(String tenant, String id, String payload) {
        return JobRequest.to("waiting").tenant(tenant).id(id).payload(payload).build();
    }

    @Test
    @Timeout(240)
    void shouldNeverTakeAnInterruptedBackupForAWholeOne() throws Exception {
        final Thread producer = new Thread(this::produce, "producer");
        producer.setUncaughtExceptionHandler((thread, failed) -> failures.add(failed));
        producer.start();
        final int files = fileCount(whole.toFile());
        final List<Moment> moments = new ArrayList<>(List.of(
                new Moment("nothing is there", path -> true, RANDOM.nextLong(backupNs), KILL),
                Moment.when("the directory is there", Files::exists),
                Moment.files(2).by("TERM"),
                Moment.files(files / 3).by("INT"),
                Moment.files(files / 2),
                Moment.files(files - 3),
                Moment.exists("backup.json.tmp"),
                Moment.exists("backup.json")));
        for (int i = 0; i < RANDOM_KILLS; i++) {
            moments.add(Moment.later(RANDOM.nextLong(backupNs)));
        }
        final Path target = directory.resolve("interrupted");
        final Tally tally = new Tally("backup");
        for (Moment moment : moments) {
            final List<JobRef> before = List.copyOf(acknowledged);
            final boolean hit = interrupt(moment, target, "backup", target.toString(), "--data", data.toString());
            final boolean complete = Files.exists(target.resolve("backup.json"));
            tally.count(moment, hit, target, complete);
            checkSource();
            if (complete) {
                checkWhole(target, before);
            } else {
                checkRefused(target);
            }
            deleteAll(target);
        }
        stopping.set(true);
        producer.join();
        assertThat(failures).isEmpty();
        checkDone(run("backup", target.toString(), "--data", data.toString()));
        checkWhole(target, List.copyOf(acknowledged));
        deleteAll(target);
        assertThat(server.output()).doesNotContain("WARN").doesNotContain("ERROR");
        assertThat(server.terminate()).isZero();
        checkDone(run("log", "verify", data.toString()));
        server = ServerProcess.start(data, settings);
        checkJobs(client, List.copyOf(acknowledged));
        tally.check();
    }

    /** Small jobs one by one, all the time: each is accepted, and found. */
    private void produce() {
        for (int i = 0; !stopping.get(); i++) {
            final JobRef job = new JobRef("tenant-" + i % TENANTS, "live-" + i);
            client.enqueue(job(job.tenant(), job.id(), "live"));
            acknowledged.add(job);
            assertThat(client.getJob(job.tenant(), job.id()).id()).isEqualTo(job.id());
            LockSupport.parkNanos(2_000_000);
        }
    }

    private void checkSource() {
        assertThat(failures).isEmpty();
        assertThat(server.isAlive()).isTrue();
        final JobRef job = FILLED.get(RANDOM.nextInt(FILLED.size()));
        assertThat(client.getJob(job.tenant(), job.id()).payload().text()).isEqualTo(PAYLOAD);
    }

    /** An interrupted backup is no backup, and nothing is written over it. */
    private static void checkRefused(Path target) throws Exception {
        final Path restored = directory.resolve("refused");
        for (List<String> options : List.of(List.<String>of(), List.of("--dry-run"))) {
            final List<String> arguments =
                    new ArrayList<>(List.of("restore", target.toString(), "--data", restored.toString()));
            arguments.addAll(options);
            checkError(run(arguments.toArray(String[]::new)), "[SILO-0119]", "it has no backup.json");
            assertThat(restored).doesNotExist();
        }
        if (fileCount(target.toFile()) > 0) {
            final Map<String, String> before = checksums(target);
            checkError(run("backup", target.toString(), "--data", data.toString()), "[SILO-0118]", "is not empty");
            assertThat(checksums(target)).isEqualTo(before);
        }
    }

    private static void checkWhole(Path backup, List<JobRef> jobs) throws Exception {
        final Path restored = directory.resolve("restored");
        checkDone(run("restore", backup.toString(), "--data", restored.toString()));
        checkServes(restored, jobs);
    }

    /** Verifies a data directory, has it served, and deletes it. */
    private static void checkServes(Path restored, List<JobRef> jobs) throws Exception {
        checkDone(run("log", "verify", restored.toString()));
        try (ServerProcess beside = ServerProcess.start(restored, ServerProcess.freePorts());
                SiloClient other = SiloClient.builder().dataDirectory(restored).build()) {
            checkJobs(other, jobs);
            other.enqueue(job("tenant-0", "new", "new"));
            assertThat(beside.terminate()).isZero();
        }
        deleteAll(restored);
    }

    private static void checkJobs(SiloClient from, List<JobRef> jobs) {
        for (JobRef job : FILLED) {
            assertThat(from.getJob(job.tenant(), job.id()).payload().text()).isEqualTo(PAYLOAD);
        }
        for (JobRef job : jobs) {
            assertThat(from.getJob(job.tenant(), job.id()).payload().text()).isEqualTo("live");
        }
    }

    @Test
    @Timeout(240)
    void shouldNeverServeAnInterruptedRestore() throws Exception {
        final int files = fileCount(whole.toFile());
        final List<Moment> moments = new ArrayList<>(List.of(
                Moment.when("the directory is there", Files::exists),
                Moment.exists("silo.lock"),
                Moment.exists("identity.json.restoring"),
                Moment.files(4).by("TERM"),
                Moment.files(files / 2).by("INT"),
                Moment.files(files - 2),
                Moment.exists("shard-map.json"),
                Moment.exists("identity.json")));
        for (int i = 0; i < RANDOM_KILLS; i++) {
            moments.add(Moment.later(RANDOM.nextLong(backupNs)));
        }
        final Map<String, String> before = checksums(whole);
        final Path target = directory.resolve("interrupted-restore");
        final Tally tally = new Tally("restore");
        for (Moment moment : moments) {
            final boolean hit = interrupt(moment, target, "restore", whole.toString(), "--data", target.toString());
            final boolean complete = Files.exists(target.resolve("identity.json"));
            tally.count(moment, hit, target, complete);
            assertThat(checksums(whole)).as("the backup").isEqualTo(before);
            if (complete) {
                checkServes(target, List.of());
            } else if (fileCount(target.toFile()) > 0) {
                checkNotServed(target, moment);
            }
            deleteAll(target);
        }
        checkWhole(whole, List.of());
        assertThat(checksums(whole)).as("the backup").isEqualTo(before);
        tally.check();
    }

    private static void checkNotServed(Path target, Moment moment) throws Exception {
        try (ServerProcess refused = ServerProcess.launch(target, ServerProcess.freePorts())) {
            assertThat(refused.awaitExit()).as(moment.name).isEqualTo(ExitCode.REFUSED);
            assertThat(refused.output()).contains("[SILO-0117]").doesNotContain("\tat ");
            assertThat(refused.output().lines().filter(line -> line.startsWith("error: ")))
                    .hasSize(1);
        }
        assertThat(target.resolve("identity.json")).doesNotExist();
        final Map<String, String> before = checksums(target);
        checkError(run("restore", whole.toString(), "--data", target.toString()), "[SILO-0118]", "is not empty");
        assertThat(checksums(target)).isEqualTo(before);
    }

    /** Runs a tool in a process of its own and ends it at a moment; false if it had ended by itself. */
    private static boolean interrupt(Moment moment, Path written, String... arguments) throws Exception {
        final Process tool = tool(arguments);
        try {
            while (tool.isAlive() && !moment.reached.test(written)) {
                LockSupport.parkNanos(20_000);
            }
            LockSupport.parkNanos(moment.delayNs);
            if (moment.signal.equals(KILL)) {
                tool.destroyForcibly();
            } else {
                new ProcessBuilder("kill", "-" + moment.signal, Long.toString(tool.pid()))
                        .start()
                        .waitFor();
            }
            assertThat(tool.waitFor(20, TimeUnit.SECONDS)).isTrue();
        } finally {
            tool.destroyForcibly();
        }
        final int exit = tool.exitValue();
        assertThat(exit).isIn(ExitCode.OK, SIGNAL_EXIT_BASE + SIGNALS.getOrDefault(moment.signal, 0));
        return exit != ExitCode.OK;
    }

    private static Process tool(String... arguments) throws IOException {
        // A shell may have told its children to ignore SIGINT.
        final List<String> command = new ArrayList<>(List.of("env", "--default-signal=INT"));
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("-Xmx256m");
        command.addAll(ServerProcess.jvmFlags());
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), SiloCommand.class.getName()));
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(
                        directory.resolve("tools.out").toFile()))
                .start();
    }

    private static Run run(String... arguments) {
        return CommandLineFixture.run(arguments);
    }

    private static void checkDone(Run run) {
        assertThat(run.exitCode()).as(run.out() + run.err()).isEqualTo(ExitCode.OK);
    }

    private static void checkError(Run run, String code, String sentence) {
        assertThat(run.exitCode()).as(run.out() + run.err()).isEqualTo(ExitCode.REFUSED);
        assertThat(run.err()).contains(code).contains(sentence).doesNotContain("\tat ");
        assertThat(run.err().lines().filter(line -> line.startsWith("error: "))).hasSize(1);
        assertThat(run.out()).isEmpty();
    }

    /** What became of the signals that were sent to one tool. */
    private static final class Tally {
        private final String tool;
        private final Map<String, Integer> ended = new TreeMap<>();
        private int sent;
        private int midway;
        private int before;
        private int whole;

        Tally(String tool) {
            this.tool = tool;
        }

        void count(Moment moment, boolean hit, Path target, boolean complete) {
            sent++;
            if (hit) {
                ended.merge(moment.signal, 1, Integer::sum);
            }
            final int files = fileCount(target.toFile());
            if (complete) {
                whole++;
            } else if (files == 0) {
                before++;
            } else {
                midway++;
            }
            System.out.println("  " + tool + ", " + moment.signal + " when " + moment.name + ": " + files + " files"
                    + (complete ? ", whole" : "") + (hit ? "" : ", had ended"));
        }

        /** A test that did not interrupt has shown nothing. */
        void check() {
            System.out.println(tool + ": " + sent + " signals, ended by " + ended + "; " + midway + " midway, " + before
                    + " before the first file, " + whole + " after the last");
            assertThat(midway).isGreaterThanOrEqualTo(MIDWAY_MIN);
            assertThat(ended).containsOnlyKeys(SIGNALS.keySet());
        }
    }

    @Test
    @Timeout(120)
    void shouldRestoreTheArchiveWithTheLog() throws Exception {
        final Path source = directory.resolve("archiving");
        final Map<String, String> keeping = new HashMap<>(settings);
        keeping.putAll(ServerProcess.freePorts());
        keeping.put("SILO_HISTORY_RETENTION_S", "3600");
        final Path live = directory.resolve("archive-live");
        try (ServerProcess beside = ServerProcess.start(source, keeping);
                SiloClient other = SiloClient.builder().dataDirectory(source).build()) {
            final AtomicBoolean stop = new AtomicBoolean();
            final Thread load = new Thread(
                    () -> {
                        for (int i = 0; !stop.get(); i++) {
                            passThrough(other, i);
                        }
                    },
                    "load");
            load.setUncaughtExceptionHandler((thread, failed) -> failures.add(failed));
            load.start();
            while (load.isAlive() && archivedCycles(source) < 6) {
                Thread.sleep(20);
            }
            checkDone(run("backup", live.toString(), "--data", source.toString(), "--archived"));
            stop.set(true);
            load.join();
            assertThat(failures).isEmpty();
            assertThat(beside.terminate()).isZero();
        }
        // A stop interrupts the archiving of a cycle that was let go of: the next start goes on with it.
        try (ServerProcess again = ServerProcess.start(source, keeping)) {
            String before = "";
            for (String now = files(source); !now.equals(before); now = files(source)) {
                before = now;
                Thread.sleep(ARCHIVE_MS);
            }
            assertThat(again.terminate()).isZero();
        }
        final List<String> lines = dump(source);
        final Path stopped = directory.resolve("archive-stopped");
        checkDone(run("backup", stopped.toString(), "--data", source.toString(), "--archived"));
        final Path restored = directory.resolve("archive-restored");
        checkDone(run("restore", stopped.toString(), "--data", restored.toString()));
        assertThat(archivedCycles(restored)).isEqualTo(archivedCycles(source)).isGreaterThanOrEqualTo(6);
        assertThat(dump(restored)).isEqualTo(lines);
        assertThat(lines.size()).as("the archive is read, too").isGreaterThan((int)
                run("log", "dump", restored.toString()).out().lines().count());

        final Path earlier = directory.resolve("archive-restored-live");
        checkDone(run("restore", live.toString(), "--data", earlier.toString()));
        final List<String> then = dump(earlier);
        assertThat(archivedCycles(earlier)).isGreaterThanOrEqualTo(6);
        assertThat(then).as("nothing stands twice").doesNotHaveDuplicates();
        final Set<String> later = new HashSet<>(lines);
        assertThat(then.stream().filter(line -> !later.contains(line)).limit(3))
                .as("nothing that was once in the log is gone")
                .isEmpty();
    }

    /** Jobs that come and go at once, so that cycles are let go of. */
    private static void passThrough(SiloClient other, int batch) {
        final List<JobRequest> jobs = IntStream.range(0, BATCH)
                .mapToObj(i -> job("tenant-" + i % TENANTS, batch + "-" + i, PAYLOAD))
                .toList();
        final List<JobRef> refs =
                jobs.stream().map(job -> new JobRef(job.tenant(), job.id())).toList();
        other.enqueueAll(jobs);
        other.cancelAll(refs);
        other.deleteAll(refs);
    }

    private static List<String> dump(Path path) {
        final Run run = run("log", "dump", "--archived", path.toString());
        checkDone(run);
        return run.out().lines().toList();
    }

    /** Of the shards, by name: they change as long as something is archived. */
    private static String files(Path path) throws IOException {
        try (Stream<Path> files = Files.walk(path.resolve("shards"))) {
            return files.map(Path::toString).sorted().toList().toString();
        } catch (UncheckedIOException gone) { // while it was looked at
            return "changing at " + System.nanoTime();
        }
    }

    private static int archivedCycles(Path path) throws IOException {
        int count = 0;
        try (Stream<Path> shards = Files.list(path.resolve("shards"))) {
            for (Path shard : shards.toList()) {
                count += new CycleArchive(shard).cycles().length;
            }
        }
        return count;
    }

    /** Also while they come and go; 0 if there is no such directory. */
    private static int fileCount(File directory) {
        final File[] entries = directory.listFiles();
        int count = 0;
        if (entries != null) {
            for (File entry : entries) {
                count += entry.isDirectory() ? fileCount(entry) : 1;
            }
        }
        return count;
    }

    private static long bytes(Path path) throws IOException {
        try (Stream<Path> walk = Files.walk(path)) {
            return walk.map(Path::toFile)
                    .filter(File::isFile)
                    .mapToLong(File::length)
                    .sum();
        }
    }

    /** Of every file, by its name. */
    private static Map<String, String> checksums(Path path) throws Exception {
        final Map<String, String> sums = new TreeMap<>();
        try (Stream<Path> walk = Files.walk(path)) {
            for (Path file : walk.filter(Files::isRegularFile).toList()) {
                final MessageDigest digest = MessageDigest.getInstance("SHA-256");
                sums.put(
                        path.relativize(file).toString(),
                        Files.getLastModifiedTime(file)
                                + HexFormat.of().formatHex(digest.digest(Files.readAllBytes(file))));
            }
        }
        return sums;
    }

    private static void deleteAll(Path path) throws IOException {
        if (Files.exists(path)) {
            try (Stream<Path> walk = Files.walk(path)) {
                for (Path file : walk.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }
}
