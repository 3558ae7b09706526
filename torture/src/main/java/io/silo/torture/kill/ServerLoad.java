package io.silo.torture.kill;

import io.silo.client.Durability;
import io.silo.client.EnqueueResult;
import io.silo.client.Job;
import io.silo.client.JobRef;
import io.silo.client.JobRequest;
import io.silo.client.JobStatus;
import io.silo.client.Payload;
import io.silo.client.RetryPolicy;
import io.silo.client.SiloClient;
import io.silo.client.SiloException;
import io.silo.client.SiloWorker;
import io.silo.client.Task;
import io.silo.client.TaskResult;
import io.silo.protocol.RejectReason;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Producers and a worker on one server after another, and what they were told. The worker's threads write it down, the thread of the
 * run reads and checks.
 */
final class ServerLoad {
    private static final String TASK_GROUP = "kill";
    private static final int TENANTS = 8;
    private static final int BATCH = 20;
    private static final int BATCHES_IN_FLIGHT = 4;
    private static final int READS_IN_FLIGHT = 256;

    /** Above so many open jobs producers wait for the worker. */
    private static final int OPEN_MAX = 2_000;

    /** Short, so that what a killed worker held is given out again soon. */
    private static final Duration LEASE = Duration.ofSeconds(2);

    /** Accepted, by id; the value is its tenant. */
    private final Map<String, String> open = new ConcurrentHashMap<>();

    /** Found again as succeeded, with the result that was reported. */
    private final Map<String, String> ended = new ConcurrentHashMap<>();

    private final Set<String> succeeded = ConcurrentHashMap.newKeySet();
    private final Queue<String> wrong = new ConcurrentLinkedQueue<>();
    private final AtomicLong acknowledged = new AtomicLong();
    private final SplittableRandom random;
    private long nextJob;

    ServerLoad(SplittableRandom random) {
        this.random = random;
    }

    /** Enqueues and outcomes acknowledged so far. */
    long acknowledged() {
        return acknowledged.get();
    }

    Queue<String> wrong() {
        return wrong;
    }

    int openCount() {
        return open.size();
    }

    SiloWorker work(SiloClient client) {
        return SiloWorker.with(client)
                .taskGroup(TASK_GROUP)
                .concurrency(8)
                .durability(random.nextBoolean() ? Durability.APPENDED : Durability.DURABLE)
                .stopTimeout(Duration.ofMillis(50))
                .handler(ServerLoad::run)
                .outcomeListener(this::onOutcome)
                .start();
    }

    /** The first attempt of some jobs fails. */
    private static boolean fails(Task task) {
        return task.attempt() == 1 && task.id().hashCode() % 5 == 0;
    }

    private static TaskResult run(Task task) {
        return fails(task) ? TaskResult.fail("BY_PLAN", "") : TaskResult.success("done " + task.id());
    }

    private void onOutcome(Task task, @Nullable RejectReason refused) {
        if (refused == null) {
            acknowledged.incrementAndGet();
            if (!fails(task) && !succeeded.add(task.id())) {
                wrong.add("job " + task.id() + " succeeded twice");
            }
        }
    }

    /** Enqueues until told to stop. Failures of the connection end nothing. */
    void produce(SiloClient client, java.util.function.BooleanSupplier goesOn) {
        final Deque<CompletableFuture<?>> batches = new ArrayDeque<>();
        while (goesOn.getAsBoolean()) {
            if (open.size() < OPEN_MAX) {
                batches.add(enqueue(client));
            } else {
                pause();
            }
            if (batches.size() >= BATCHES_IN_FLIGHT) {
                while (goesOn.getAsBoolean() && !batches.peek().isDone()) {
                    pause();
                }
                batches.poll();
            }
        }
    }

    private CompletableFuture<Void> enqueue(SiloClient client) {
        final Durability durability = random.nextInt(3) == 0 ? Durability.DURABLE : Durability.APPENDED;
        final List<JobRequest> jobs = new ArrayList<>();
        final List<JobRef> refs = new ArrayList<>();
        for (int i = 0; i < BATCH; i++) {
            final String id = "job-" + nextJob++;
            final String tenant = "t" + random.nextInt(TENANTS);
            refs.add(new JobRef(tenant, id));
            jobs.add(JobRequest.to(TASK_GROUP)
                    .tenant(tenant)
                    .id(id)
                    .payload(payload(id))
                    .priority(random.nextInt(3))
                    .retry(RetryPolicy.fixed(5, Duration.ofMillis(10)))
                    .lease(LEASE)
                    .durability(durability)
                    .build());
        }
        return client.enqueueAllAsync(jobs).handle((results, failure) -> {
            for (int i = 0; results != null && i < results.size(); i++) {
                final EnqueueResult result = results.get(i);
                if (result.isAccepted()) {
                    open.put(result.jobId(), refs.get(i).tenant());
                    acknowledged.incrementAndGet();
                }
            }
            return null;
        });
    }

    private static String payload(String id) {
        final int number = Integer.parseInt(id.substring(4));
        return "payload of " + id + " x".repeat(number % 3 == 0 ? 1_500 : number % 50);
    }

    private static void pause() {
        try {
            Thread.sleep(1);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Reads every accepted job that has not ended, and some of those that have: all that was told must be there.
     *
     * @param all those that have ended, too.
     * @return jobs read.
     */
    long check(SiloClient client, boolean all) {
        final List<JobRef> refs = new ArrayList<>();
        open.forEach((id, tenant) -> refs.add(new JobRef(tenant, id)));
        ended.forEach((id, tenant) -> {
            if (all || random.nextInt(50) == 0) {
                refs.add(new JobRef(tenant, id));
            }
        });
        final Deque<CompletableFuture<?>> reads = new ArrayDeque<>();
        for (JobRef ref : refs) {
            // Before it is asked for: a worker may report while the answer is under way.
            final boolean hasSucceeded = succeeded.contains(ref.id()) || ended.containsKey(ref.id());
            reads.add(client.getJobAsync(ref.tenant(), ref.id(), false).handle((job, failure) -> {
                if (job != null) {
                    judge(ref, job, hasSucceeded);
                } else {
                    wrong.add("job " + ref.id() + " cannot be read: " + cause(failure));
                }
                return null;
            }));
            if (reads.size() >= READS_IN_FLIGHT) {
                reads.poll().join();
            }
        }
        reads.forEach(CompletableFuture::join);
        return refs.size();
    }

    private static String cause(@Nullable Throwable failure) {
        final Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
        return cause instanceof SiloException refused
                ? refused.reason() + " " + refused.getMessage()
                : String.valueOf(cause);
    }

    private void judge(JobRef ref, Job job, boolean hasSucceeded) {
        final String id = ref.id();
        if (!job.payload().text().equals(payload(id))) {
            wrong.add("job " + id + " has another payload");
        }
        if (job.status() == JobStatus.SUCCEEDED) {
            final Payload result = job.result();
            if (result == null || !result.text().equals("done " + id)) {
                wrong.add("job " + id + " has another result");
            }
            open.remove(id);
            ended.put(id, ref.tenant());
        } else if (hasSucceeded) {
            wrong.add("job " + id + " had succeeded and is " + job.status());
        } else if (job.status().isTerminal()) {
            wrong.add("job " + id + " is " + job.status());
        }
    }
}
