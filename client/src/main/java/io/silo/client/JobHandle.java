package io.silo.client;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** A job that was accepted, and the client to ask about it. Immutable; any thread. */
public final class JobHandle {
    private final SiloClient client;
    private final EnqueueResult acknowledgement;

    JobHandle(SiloClient client, EnqueueResult acknowledgement) {
        this.client = client;
        this.acknowledgement = acknowledgement;
    }

    /** Id of the job, unique in its tenant. */
    public String id() {
        return acknowledgement.jobId();
    }

    /** Tenant of the job; {@code -} if it has none. */
    public String tenant() {
        return acknowledgement.tenant();
    }

    /** Level of durability that the job had reached when it was acknowledged. */
    public Durability durability() {
        return acknowledgement.durability();
    }

    /** Reads the job. */
    public Job get() {
        return client.getJob(tenant(), id());
    }

    /** Reads why the job does not run. */
    public Explanation explain() {
        return client.explain(tenant(), id());
    }

    /** Waits until the job ends. See {@link SiloClient#awaitResult}. */
    public JobResult awaitResult(Duration timeout) {
        return client.awaitResult(tenant(), id(), timeout);
    }

    /** As {@link #awaitResult}, without waiting here. */
    public CompletableFuture<JobResult> awaitResultAsync(Duration timeout) {
        return client.awaitResultAsync(tenant(), id(), timeout);
    }

    /** Cancels the job. See {@link SiloClient#cancel(String, String)}. */
    public JobStatus cancel() {
        return client.cancel(tenant(), id());
    }

    /** Schedules the failed or cancelled job anew. See {@link SiloClient#restart(String, String)}. */
    public JobStatus restart() {
        return client.restart(tenant(), id());
    }

    /** Makes the waiting job ready now. See {@link SiloClient#expedite(String, String)}. */
    public JobStatus expedite() {
        return client.expedite(tenant(), id());
    }

    /** Removes the ended job. See {@link SiloClient#delete(String, String)}. */
    public void delete() {
        client.delete(tenant(), id());
    }

    @Override
    public String toString() {
        return "JobHandle[" + tenant() + "/" + id() + "]";
    }
}
