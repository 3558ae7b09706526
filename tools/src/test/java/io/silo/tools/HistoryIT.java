package io.silo.tools;

import static org.assertj.core.api.Assertions.assertThat;

import io.silo.client.Durability;
import io.silo.client.SiloClient;
import io.silo.client.SiloWorker;
import io.silo.protocol.RejectReason;
import io.silo.simulation.history.Entry;
import io.silo.simulation.history.Expectations;
import io.silo.simulation.history.HistoryChecker;
import io.silo.simulation.history.JobRef;
import io.silo.simulation.history.JobSeen;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A real server that is killed under load, and what its clients saw of it. */
// ServerProcessIT kills a server under load on every JDK.
@Tag("newest-jdk")
class HistoryIT {
    private static final List<String> TENANTS = List.of("ada", "bob");
    private static final int KILLS = 2;
    private static final Duration ROUND = Duration.ofSeconds(4);
    private static final Duration DRAIN_TIMEOUT = Duration.ofSeconds(40);

    /** Fewer answers in one of the rounds between kills would mean that nothing was tried. */
    private static final int ACCEPTED_PER_ROUND_MIN = 300;

    private static final long PAUSE_NS = 2_000_000;

    @TempDir
    Path data;

    private final Queue<JobRef> made = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean stopping = new AtomicBoolean();
    private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();

    @Test
    @Timeout(120)
    void shouldShowItsClientsNothingThatACorrectBrokerCouldNotHaveSaid() throws Exception {
        final List<Entry> entries;
        try (SiloClient client = SiloClient.builder()
                .dataDirectory(data)
                .requestTimeout(Duration.ofSeconds(3))
                .build()) {
            entries = run(new RecordingClients(client, TENANTS));
        }
        assertThat(failures).isEmpty();
        System.out.println(entries.size() + " entries, accepted by round " + acceptedByRound(entries));
        assertThat(acceptedByRound(entries))
                .hasSize(KILLS + 1)
                .allSatisfy(accepted -> assertThat(accepted).isGreaterThan(ACCEPTED_PER_ROUND_MIN));
        assertThat(HistoryChecker.check(entries, Expectations.DRAINED)).isEmpty();
    }

    private List<Entry> run(RecordingClients clients) throws Exception {
        final var ports = ServerProcess.freePorts();
        ServerProcess server = ServerProcess.start(data, ports);
        final List<SiloWorker> workers = new ArrayList<>();
        final List<Thread> threads = new ArrayList<>();
        try {
            for (final String tenant : TENANTS) {
                workers.add(clients.work(tenant, "durable-" + tenant, Durability.DURABLE));
                workers.add(clients.work(tenant, "appended-" + tenant, Durability.APPENDED));
                threads.add(start(() -> produce(clients, tenant)));
            }
            threads.add(start(() -> readAtRandom(clients)));
            for (int kill = 0; kill < KILLS; kill++) {
                Thread.sleep(ROUND.toMillis());
                server.kill();
                clients.history.add(new Entry.ProcessKilled(System.nanoTime()));
                server.close();
                server = ServerProcess.start(data, ports);
            }
            final String tenant = TENANTS.get(0);
            clients.stop(workers.remove(0));
            workers.add(clients.work(tenant, "second-" + tenant, Durability.DURABLE));
            Thread.sleep(ROUND.toMillis());
            stopping.set(true);
            for (final Thread thread : threads) {
                thread.join();
            }
            drain(clients);
            return clients.history.entries();
        } finally {
            stopping.set(true);
            workers.forEach(SiloWorker::close);
            server.close();
        }
    }

    private Thread start(Runnable task) {
        final Thread thread = new Thread(task, "history-client");
        thread.setUncaughtExceptionHandler((failed, thrown) -> failures.add(thrown));
        thread.start();
        return thread;
    }

    /** Enqueues jobs one by one, each until it is accepted. */
    private void produce(RecordingClients clients, String tenant) {
        for (int i = 0; !stopping.get(); i++) {
            final RecordingClients.Made job = RecordingClients.make(tenant, "job-" + i);
            made.add(job.spec().job());
            final int repeats = ThreadLocalRandom.current().nextInt(20) == 0 ? 2 : 1;
            int accepted = 0;
            while (accepted < repeats) {
                accepted += clients.enqueue("producer-" + tenant, job) ? 1 : 0;
            }
            LockSupport.parkNanos(PAUSE_NS); // so that workers keep up, and the end is near when producers stop
        }
    }

    private void readAtRandom(RecordingClients clients) {
        final List<JobRef> known = new ArrayList<>();
        while (!stopping.get()) {
            for (JobRef next = made.poll(); next != null; next = made.poll()) {
                known.add(next);
            }
            if (!known.isEmpty()) {
                // Half of the reads go to the latest, which are in motion.
                final int window =
                        ThreadLocalRandom.current().nextBoolean() ? known.size() : Math.min(known.size(), 20);
                final int back = ThreadLocalRandom.current().nextInt(window);
                clients.read("reader", known.get(known.size() - 1 - back));
            }
        }
        made.addAll(known);
    }

    /** Reads each job until it has ended. */
    private void drain(RecordingClients clients) throws InterruptedException {
        final long deadlineNs = System.nanoTime() + DRAIN_TIMEOUT.toNanos();
        for (final JobRef ref : made) {
            JobSeen seen = clients.read("reader", ref);
            while ((seen == null || !seen.isTerminal()) && System.nanoTime() - deadlineNs < 0) {
                Thread.sleep(10);
                seen = clients.read("reader", ref);
            }
        }
    }

    private static List<Integer> acceptedByRound(List<Entry> entries) {
        final List<Integer> rounds = new ArrayList<>();
        int accepted = 0;
        for (final Entry entry : entries) {
            if (entry instanceof Entry.ProcessKilled) {
                rounds.add(accepted);
                accepted = 0;
            } else if (entry instanceof Entry.EnqueueAnswered enqueued) {
                accepted += enqueued.code() == RejectReason.OK ? 1 : 0;
            } else if (entry instanceof Entry.ReportAnswered reported) {
                accepted += reported.code() == RejectReason.OK ? 1 : 0;
            }
        }
        rounds.add(accepted);
        return rounds;
    }
}
