package io.silo.simulation.client;

import io.silo.simulation.history.JobSpec;

/**
 * A job that a producer means to enqueue, with what its history entry leaves out.
 *
 * @param requestId both halves of the request id.
 * @param retryInitialMs first delay between attempts.
 * @param payload the whole payload.
 * @param uploadId upload that holds the payload; 0 = inline.
 * @param startDeadlineMs latest start; 0 = none.
 * @param maxRunMs longest run of an attempt; 0 = no bound.
 * @param uniqueKey empty = none.
 */
record JobDraft(
        JobSpec spec,
        long requestId,
        long retryInitialMs,
        boolean jitter,
        byte[] payload,
        long uploadId,
        long startDeadlineMs,
        int maxRunMs,
        String uniqueKey) {
    JobDraft withUpload(long id) {
        return new JobDraft(spec, requestId, retryInitialMs, jitter, payload, id, startDeadlineMs, maxRunMs, uniqueKey);
    }

    /** The same with a large payload. */
    JobDraft withPayload(JobSpec changed, byte[] large) {
        return new JobDraft(changed, requestId, retryInitialMs, jitter, large, 0, startDeadlineMs, maxRunMs, uniqueKey);
    }

    /** The same, asked for anew: a latest start may be over by now. */
    JobDraft withRequest(long id) {
        return new JobDraft(spec, id, retryInitialMs, jitter, payload, uploadId, 0, maxRunMs, uniqueKey);
    }
}
