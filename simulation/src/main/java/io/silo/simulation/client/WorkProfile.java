package io.silo.simulation.client;

/**
 * How clients behave; what a run's features leave out does not happen, whatever stands here.
 *
 * @param jobs that each producer enqueues.
 * @param pauseMsMax longest pause of a producer between two calls.
 * @param taskGroups groups that jobs and workers are spread over.
 * @param tenants that jobs belong to.
 * @param retryCountMin fewest attempts beyond the first, where jobs have retry policies.
 * @param retryCountMax most of them.
 * @param failurePercent attempts that are reported as failed.
 * @param workMsMax longest time that a task takes.
 * @param concurrency tasks that a worker runs at once.
 */
public record WorkProfile(
        int jobs,
        int pauseMsMax,
        int taskGroups,
        int tenants,
        int retryCountMin,
        int retryCountMax,
        int failurePercent,
        int workMsMax,
        int concurrency) {
    /** 20 jobs a producer, on one group and tenant, that mostly succeed within 100 ms. */
    public static final WorkProfile SMALL = new WorkProfile(20, 200, 1, 1, 0, 3, 10, 100, 4);

    /** Name of a task group. */
    public String taskGroup(int number) {
        return "group-" + number;
    }

    /** Name of a tenant; the first is the one of calls that name none. */
    public String tenant(int number) {
        return number == 0 ? "-" : "tenant-" + number;
    }
}
