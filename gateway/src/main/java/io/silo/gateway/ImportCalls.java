package io.silo.gateway;

import io.grpc.StatusRuntimeException;
import io.silo.client.AttemptStatus;
import io.silo.client.ImportResult;
import io.silo.client.ImportedAttempt;
import io.silo.client.ImportedJob;
import io.silo.client.Job;
import io.silo.client.JobRef;
import io.silo.client.JobStatus;
import io.silo.client.Payload;
import io.silo.client.SiloClient;
import io.silo.grpc.v1.ImportAttempt;
import io.silo.grpc.v1.ImportJobRequest;
import io.silo.grpc.v1.ImportJobResult;
import io.silo.grpc.v1.ImportJobsRequest;
import io.silo.grpc.v1.ImportJobsResponse;
import io.silo.protocol.RejectReason;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Brings jobs in with their history. Each is judged by itself, but for those that run. Stateless but for where the shards are; any thread. */
final class ImportCalls {
    private final ShardAddresses addresses;

    ImportCalls(ShardAddresses addresses) {
        this.addresses = addresses;
    }

    CompletableFuture<ImportJobsResponse> importJobs(SiloClient client, ImportJobsRequest request) {
        final List<CompletableFuture<ImportJobResult>> results = new ArrayList<>();
        final List<ImportedJob> sound = new ArrayList<>();
        final List<Integer> places = new ArrayList<>();
        for (final ImportJobRequest job : request.getJobsList()) {
            try {
                sound.add(imported(job));
                places.add(results.size());
                results.add(CompletableFuture.completedFuture(ImportJobResult.getDefaultInstance()));
            } catch (StatusRuntimeException wrong) {
                results.add(
                        refused(job.getId(), String.valueOf(wrong.getStatus().getDescription())));
            }
        }
        return client.importJobsAsync(sound).thenCompose(answers -> {
            for (int i = 0; i < answers.size(); i++) {
                final ImportResult answer = answers.get(i);
                if (answer.rejected() == RejectReason.JOB_RUNNING) {
                    throw Refusals.precondition("cannot reimport job "
                            + answer.job().id() + ": " + RejectReason.JOB_RUNNING.sentence() + " (status: Running)");
                }
                results.set(places.get(i), told(client, sound.get(i), answer));
            }
            return CompletableFuture.allOf(results.toArray(new CompletableFuture<?>[0]))
                    .thenApply(done -> {
                        final ImportJobsResponse.Builder response = ImportJobsResponse.newBuilder();
                        results.forEach(result -> response.addResults(result.join()));
                        return response.build();
                    });
        });
    }

    /** @throws StatusRuntimeException that says what is wrong with it. */
    private ImportedJob imported(ImportJobRequest request) {
        final String tenant = addresses.tenant(request.getShard(), request.getTenant());
        if (request.getId().isEmpty()) {
            throw Refusals.invalid("job id is required for import");
        }
        final List<ImportedAttempt> attempts = new ArrayList<>();
        for (final ImportAttempt attempt : request.getAttemptsList()) {
            attempts.add(attempt(attempt));
        }
        for (int i = 0; i < attempts.size() - 1; i++) {
            if (attempts.get(i).status() != AttemptStatus.FAILED) {
                throw Refusals.invalid("invalid argument: import attempt " + (i + 1)
                        + " must be Failed (only the last attempt may be non-Failed)");
            }
        }
        return new ImportedJob(
                Messages.job(request, tenant),
                request.getEnqueueTimeMs() > 0 ? Instant.ofEpochMilli(request.getEnqueueTimeMs()) : null,
                attempts);
    }

    private static ImportedAttempt attempt(ImportAttempt attempt) {
        final Instant startedAt = Instant.ofEpochMilli(attempt.getStartedAtMs());
        final Instant finishedAt = Instant.ofEpochMilli(attempt.getFinishedAtMs());
        return switch (attempt.getStatus()) {
            case ATTEMPT_STATUS_SUCCEEDED ->
                ImportedAttempt.succeeded(startedAt, finishedAt, payload(attempt.hasResult(), attempt));
            case ATTEMPT_STATUS_FAILED ->
                ImportedAttempt.failed(
                        startedAt,
                        finishedAt,
                        attempt.getErrorCode().isEmpty() ? TaskCalls.NO_ERROR_CODE : attempt.getErrorCode(),
                        attempt.hasErrorData() ? Messages.payload(attempt.getErrorData()) : Payload.EMPTY);
            case ATTEMPT_STATUS_CANCELLED -> ImportedAttempt.cancelled(startedAt, finishedAt);
            case ATTEMPT_STATUS_RUNNING -> throw Refusals.invalid("import attempts must be terminal (not Running)");
            case UNRECOGNIZED -> throw Refusals.invalid("unknown attempt status " + attempt.getStatusValue());
        };
    }

    private static Payload payload(boolean isGiven, ImportAttempt attempt) {
        return isGiven ? Messages.payload(attempt.getResult()) : Payload.EMPTY;
    }

    // ---- what became of it

    private static CompletableFuture<ImportJobResult> told(SiloClient client, ImportedJob job, ImportResult answer) {
        final JobStatus status = answer.status();
        if (answer.isAccepted() && status != null) {
            return CompletableFuture.completedFuture(ImportJobResult.newBuilder()
                    .setId(answer.job().id())
                    .setSuccess(true)
                    .setStatus(Messages.status(status))
                    .build());
        }
        final RejectReason reason = answer.rejected();
        final JobRef named = answer.job();
        if (reason == null || !Answers.isPrecondition(reason)) {
            return refused(named.id(), reason == null ? "" : Refusals.sentence(reason));
        }
        return client.getJobAsync(named.tenant(), named.id(), true)
                .thenCompose(read -> refused(named.id(), cannot(reason, job, answer.attempt(), read)))
                .exceptionallyCompose(unread -> refused(named.id(), reason.sentence()));
    }

    private static String cannot(RejectReason reason, ImportedJob given, int attempt, Job job) {
        final String why = switch (reason) {
            case ATTEMPTS_MISSING ->
                "reimport has " + given.attempts().size() + " attempts but job has "
                        + job.attempts().size() + " existing attempts";
            case ATTEMPT_MISMATCH -> "existing attempt " + attempt + " does not match reimport data";
            default -> reason.sentence();
        };
        return "cannot reimport job: cannot reimport job " + job.id() + ": " + why + " (status: "
                + Answers.kind(job.status()) + ")";
    }

    private static CompletableFuture<ImportJobResult> refused(String id, @Nullable String why) {
        return CompletableFuture.completedFuture(ImportJobResult.newBuilder()
                .setId(id)
                .setSuccess(false)
                .setError(String.valueOf(why))
                .setStatus(io.silo.grpc.v1.JobStatus.JOB_STATUS_FAILED)
                .build());
    }
}
