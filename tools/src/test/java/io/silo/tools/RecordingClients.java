package io.silo.tools;

import io.silo.client.Durability;
import io.silo.client.EnqueueResult;
import io.silo.client.Job;
import io.silo.client.JobRequest;
import io.silo.client.Payload;
import io.silo.client.RetryPolicy;
import io.silo.client.SiloClient;
import io.silo.client.SiloException;
import io.silo.client.SiloWorker;
import io.silo.client.Task;
import io.silo.client.TaskResult;
import io.silo.protocol.RejectReason;
import io.silo.simulation.history.Entry;
import io.silo.simulation.history.History;
import io.silo.simulation.history.JobRef;
import io.silo.simulation.history.JobSeen;
import io.silo.simulation.history.JobSpec;
import io.silo.simulation.history.Lease;
import io.silo.simulation.history.LogPlace;
import java.math.BigInteger;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Producers, workers and readers on the Java client that write down what they do and see. The client tells neither shards, job keys nor
 * the positions of reads: a tenant's number stands for its shard, which is one, and the rest is left out.
 */
final class RecordingClients {
    static final int LEASE_MS = 4_000;
    private static final int BITS = 64;

    /** A job with what it was enqueued with, to be enqueued again if there was no answer. */
    record Made(JobRequest request, JobSpec spec, Durability durability) {}

    final History history = new History();
    private final SiloClient client;
    private final List<String> tenants;
    private final Map<BigInteger, Reported> reported = new ConcurrentHashMap<>();

    private record Reported(long call, boolean durable) {}

    RecordingClients(SiloClient client, List<String> tenants) {
        this.client = client;
        this.tenants = tenants;
    }

    static Made make(String tenant, String id) {
        final ThreadLocalRandom random = ThreadLocalRandom.current();
        final Payload payload = Payload.text("payload of " + id + " ".repeat(random.nextInt(200)));
        final int priority = random.nextInt(3);
        final int retries = random.nextInt(3);
        final Durability durability = random.nextInt(3) == 0 ? Durability.APPENDED : Durability.DURABLE;
        final JobRequest request = JobRequest.to("history")
                .tenant(tenant)
                .id(id)
                .payload(payload)
                .priority(priority)
                .retry(retries == 0 ? RetryPolicy.NONE : RetryPolicy.fixed(retries, Duration.ofMillis(10)))
                .lease(Duration.ofMillis(LEASE_MS))
                .durability(durability)
                .build();
        final JobSpec spec =
                new JobSpec(new JobRef(tenant, id), "history", priority, 0, retries, LEASE_MS, crc(payload), List.of());
        return new Made(request, spec, durability);
    }

    static int crc(Payload payload) {
        final CRC32C crc = new CRC32C();
        crc.update(payload.bytes());
        return (int) crc.getValue();
    }

    /** Whether it was accepted. */
    boolean enqueue(String producer, Made job) {
        final long call = history.nextCall();
        final boolean asked = job.durability == Durability.DURABLE;
        history.add(new Entry.EnqueueInvoked(System.nanoTime(), call, producer, job.spec, asked));
        final EnqueueResult result;
        try {
            result = client.enqueueAll(List.of(job.request)).get(0);
        } catch (SiloException e) {
            return false; // whether it took effect is not known
        }
        final RejectReason rejected = result.rejected();
        final int code = rejected == null ? RejectReason.OK : rejected.code();
        final boolean durable = result.durability() == Durability.DURABLE;
        history.add(new Entry.EnqueueAnswered(System.nanoTime(), call, code, 0, LogPlace.NONE, durable));
        return rejected == null;
    }

    /** A read whose answer did not come proves nothing; null then, and if there is no such job. */
    @Nullable
    JobSeen read(String reader, JobRef ref) {
        final long call = history.nextCall();
        history.add(new Entry.ReadInvoked(System.nanoTime(), call, reader, ref));
        try {
            final Job job = client.getJobAsync(ref.tenant(), ref.id(), true).join();
            final JobSeen seen = seen(job);
            history.add(new Entry.ReadAnswered(System.nanoTime(), call, RejectReason.OK, seen, LogPlace.NONE));
            return seen;
        } catch (CompletionException e) {
            if (e.getCause() instanceof SiloException refused && refused.reason() == RejectReason.JOB_NOT_FOUND) {
                final int code = refused.reason().code();
                history.add(new Entry.ReadAnswered(System.nanoTime(), call, code, null, LogPlace.NONE));
                return null;
            }
            if (e.getCause() instanceof SiloException refused && refused.isTransient()) {
                return null;
            }
            throw e;
        }
    }

    private static JobSeen seen(Job job) {
        final List<JobSeen.Ended> ended = job.attempts().stream()
                .filter(attempt -> attempt.finishedAt() != null)
                .map(attempt -> new JobSeen.Ended(
                        attempt.number(),
                        attempt.status().name(),
                        attempt.workerId(),
                        attempt.errorCode() == null ? "" : attempt.errorCode()))
                .toList();
        final Payload result = job.result();
        final int resultCrc = job.status().isTerminal() && result != null ? crc(result) : 0;
        return new JobSeen(job.status().name(), job.attempt(), crc(job.payload()), resultCrc, ended);
    }

    SiloWorker work(String tenant, String workerId, Durability durability) {
        final boolean durable = durability == Durability.DURABLE;
        return SiloWorker.with(client)
                .taskGroup("history")
                .tenant(tenant)
                .workerId(workerId)
                .concurrency(4)
                .durability(durability)
                .stopTimeout(Duration.ofMillis(50))
                .handler(task -> run(workerId, task, durable))
                .outcomeListener(this::onAnswered)
                .start();
    }

    private TaskResult run(String workerId, Task task, boolean durable) {
        final Lease lease = lease(task);
        history.add(new Entry.Granted(System.nanoTime(), workerId, workerId, lease, durable));
        final ThreadLocalRandom random = ThreadLocalRandom.current();
        try {
            Thread.sleep(random.nextInt(50) == 0 ? random.nextInt(300) : random.nextInt(10));
        } catch (InterruptedException e) {
            return TaskResult.fail("INTERRUPTED", ""); // the lease is gone: nobody is told of this
        }
        final boolean fails = random.nextInt(5) == 0;
        final String errorCode = fails ? "E" + random.nextInt(3) : "";
        final Payload result = Payload.text("result " + random.nextInt());
        final long call = history.nextCall();
        reported.put(name(task), new Reported(call, durable));
        history.add(new Entry.ReportInvoked(
                System.nanoTime(),
                call,
                workerId,
                workerId,
                lease,
                fails ? "FAILED" : "SUCCEEDED",
                errorCode,
                crc(result),
                durable));
        return fails ? TaskResult.fail(errorCode, result) : TaskResult.success(result);
    }

    private void onAnswered(Task task, @Nullable RejectReason refused) {
        final Reported report = reported.remove(name(task));
        if (report != null) {
            final int code = refused == null ? RejectReason.OK : refused.code();
            history.add(new Entry.ReportAnswered(System.nanoTime(), report.call, code, LogPlace.NONE, report.durable));
        }
    }

    /** Shard and fence name a lease. */
    private BigInteger name(Task task) {
        return task.fence().shiftLeft(8).or(BigInteger.valueOf(tenants.indexOf(task.tenant())));
    }

    private Lease lease(Task task) {
        final BigInteger fence = task.fence();
        return new Lease(
                new JobRef(task.tenant(), task.id()),
                task.taskGroup(),
                tenants.indexOf(task.tenant()),
                0,
                fence.shiftRight(BITS).longValue(),
                fence.longValue(),
                task.attempt(),
                task.priority(),
                task.startAt().toEpochMilli(),
                LEASE_MS,
                crc(task.payload()));
    }

    /** Stops a worker with what it does: its leases go back. */
    void stop(SiloWorker worker) {
        history.add(new Entry.SessionClosed(System.nanoTime(), worker.workerId(), worker.workerId()));
        worker.close();
    }
}
