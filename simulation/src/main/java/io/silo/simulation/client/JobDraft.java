package io.silo.simulation.client;

import io.silo.simulation.history.JobSpec;

/**
 * A job that a producer means to enqueue, with what its history entry leaves out.
 *
 * @param requestId both halves of the request id.
 * @param retryInitialMs first delay between attempts.
 * @param payload the whole payload.
 * @param uploadId upload that holds the payload; 0 = inline.
 */
record JobDraft(JobSpec spec, long requestId, long retryInitialMs, boolean jitter, byte[] payload, long uploadId) {
    JobDraft withUpload(long id) {
        return new JobDraft(spec, requestId, retryInitialMs, jitter, payload, id);
    }
}
