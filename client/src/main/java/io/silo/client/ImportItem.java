package io.silo.client;

import io.silo.protocol.Bounds;
import io.silo.protocol.RejectReason;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A job of an import, with what was settled about it before it is sent. Its parts are the payload, number 0, and the attempts' results
 * behind it. One thread at a time.
 */
final class ImportItem {
    // The item's block and the lengths of its parts; an attempt's likewise: a few more rather than less.
    private static final int ATTEMPT_BYTES = 48;
    private static final int FIXED_BYTES = 32;

    final ImportedJob job;
    final String tenant;
    final long hash;
    /** Of each part; 0 = it travels in the message. */
    final long[] uploadIds;
    /** Parts that are uploaded. */
    final boolean[] isUploaded;

    ImportItem(ImportedJob job, String tenant) {
        this.job = job;
        this.tenant = tenant;
        this.hash = ShardMap.hash(tenant);
        this.uploadIds = new long[1 + job.attempts().size()];
        this.isUploaded = new boolean[uploadIds.length];
    }

    JobRef ref() {
        return new JobRef(tenant, job.job().id);
    }

    long enqueuedAtMs() {
        final Instant enqueuedAt = job.enqueuedAt();
        return enqueuedAt == null ? 0 : enqueuedAt.toEpochMilli();
    }

    Payload part(int number) {
        return number == 0 ? job.job().payload : job.attempts().get(number - 1).result();
    }

    byte[] inlineBytes(int number) {
        return isUploaded[number] ? Payload.EMPTY.bytes() : part(number).bytes();
    }

    /** What cannot even be encoded, or will not be taken; null if nothing is wrong. */
    @Nullable
    ImportResult refusal(int payloadBytesMax) {
        final RejectReason refused = job.job().unencodable(tenant);
        if (refused != null) {
            return refuse(refused, 0);
        }
        if (job.job().payload.size() > payloadBytesMax) {
            return refuse(RejectReason.PAYLOAD_TOO_LARGE, 0);
        }
        if (job.attempts().size() > Bounds.ATTEMPTS_MAX) {
            return refuse(RejectReason.TOO_MANY_ATTEMPTS, 0);
        }
        for (int i = 0; i < job.attempts().size(); i++) {
            final ImportedAttempt attempt = job.attempts().get(i);
            final String errorCode = attempt.errorCode();
            if (attempt.status() == AttemptStatus.RUNNING) {
                return refuse(RejectReason.INVALID_ATTEMPT, i + 1);
            }
            if (errorCode != null && JobRequest.utf8Length(errorCode) > Bounds.ERROR_CODE_BYTES_MAX) {
                return refuse(RejectReason.INVALID_ERROR_CODE, i + 1);
            }
            if (attempt.result().size() > payloadBytesMax) {
                return refuse(RejectReason.PAYLOAD_TOO_LARGE, i + 1);
            }
        }
        return null;
    }

    private ImportResult refuse(RejectReason reason, int attempt) {
        return new ImportResult(ref(), reason, attempt, null);
    }

    /**
     * Settles what is uploaded: what is over the server's bound, and then the largest parts until the rest fits a message.
     *
     * @return whether anything is.
     */
    boolean chooseUploads(int inlineBytesMax) {
        boolean any = false;
        for (int i = 0; i < isUploaded.length; i++) {
            isUploaded[i] = part(i).size() > inlineBytesMax;
            any |= isUploaded[i];
        }
        while (inlineLength() > Batches.ROOM_BYTES) {
            int largest = 0;
            for (int i = 1; i < isUploaded.length; i++) {
                largest = inlineBytes(i).length > inlineBytes(largest).length ? i : largest;
            }
            if (inlineBytes(largest).length == 0) {
                break; // names and metadata alone are too much: the server says so
            }
            isUploaded[largest] = true;
            any = true;
        }
        return any;
    }

    /** Bytes in a message, a few more rather than less. */
    int inlineLength() {
        int length = FIXED_BYTES + job.job().encodedLengthMax(tenant) + inlineBytes(0).length;
        for (int i = 0; i < job.attempts().size(); i++) {
            final String errorCode = job.attempts().get(i).errorCode();
            length += ATTEMPT_BYTES
                    + inlineBytes(1 + i).length
                    + (errorCode == null ? 0 : JobRequest.utf8Length(errorCode));
        }
        return length;
    }
}
