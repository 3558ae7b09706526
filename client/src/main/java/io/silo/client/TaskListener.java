package io.silo.client;

import java.util.List;

/**
 * Is told what a {@link TaskSubscription} brings, by the client's callback threads: batches one after the other, but a task whose payload
 * had to be fetched by itself perhaps at the same time. Must not wait.
 */
public interface TaskListener {
    /**
     * Tasks were leased; each has used one credit up. Nobody renews, reports or returns them but who is told here.
     *
     * @param tasks one at least.
     */
    void onTasks(List<LeasedTask> tasks);

    /** The server will not push to this subscription, or no more: it is over. Told once at most. */
    void onRefused(SiloException why);
}
