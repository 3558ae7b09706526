package io.silo.client;

/** What a worker does with a task. Called on the worker's threads, by as many at once as its concurrency. */
@FunctionalInterface
public interface TaskHandler {
    /**
     * Runs one attempt. May be run again, by this or another worker, if its lease is lost: its effects must bear that, or be fenced
     * by {@link Task#fence}.
     *
     * @return how the attempt ended.
     * @throws Exception to fail the attempt: the exception's class becomes the error code, its stack trace the data.
     */
    TaskResult run(Task task) throws Exception;
}
