package io.silo.gateway;

import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.silo.client.JobRef;
import io.silo.client.SiloClient;
import io.silo.protocol.RejectReason;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** What becomes of a call: an answer or a status, once, whether the caller is still there or not. Stateless. */
final class Answers {
    private Answers() {}

    static <A> void answer(StreamObserver<A> observer, Supplier<CompletableFuture<A>> call) {
        answer(observer, call, gone -> {});
    }

    /** @param undo what is done with an answer whose caller has gone. */
    static <A> void answer(StreamObserver<A> observer, Supplier<CompletableFuture<A>> call, Consumer<A> undo) {
        if (observer instanceof ServerCallStreamObserver<A> cancellable) {
            // Else an answer to a caller who has gone would be thrown back at the client's thread.
            cancellable.setOnCancelHandler(() -> {});
        }
        CompletableFuture<A> answer;
        try {
            answer = call.get();
        } catch (RuntimeException refused) {
            answer = CompletableFuture.failedFuture(refused);
        }
        var unused = answer.whenComplete((value, failed) -> {
            if (failed != null) {
                observer.onError(Refusals.of(failed));
            } else if (observer instanceof ServerCallStreamObserver<A> cancellable && cancellable.isCancelled()) {
                undo.accept(value);
            } else {
                observer.onNext(value);
                observer.onCompleted();
            }
        });
    }

    /**
     * As {@code call}, but a refusal by a shard says what {@code words} makes of its reason and sentence. Where they cannot be had (the
     * caller may not read the job) it says its own.
     */
    static <A> CompletableFuture<A> reworded(
            CompletableFuture<A> call, BiFunction<RejectReason, String, CompletableFuture<String>> words) {
        return call.exceptionallyCompose(failed -> {
            final RejectReason reason = Refusals.reason(failed);
            if (reason == null) {
                return CompletableFuture.failedFuture(failed);
            }
            final Status status = Refusals.of(failed).getStatus();
            final String own = String.valueOf(status.getDescription());
            return words.apply(reason, own)
                    .exceptionally(unread -> own)
                    .thenCompose(sentence -> CompletableFuture.failedFuture(status.withDescription(sentence)
                            .asRuntimeException(Refusals.of(failed).getTrailers())));
        });
    }

    /** The words for a job that is not in a state to do something with it. */
    static CompletableFuture<String> cannot(
            String verb, SiloClient client, JobRef job, RejectReason reason, String sentence) {
        return isPrecondition(reason)
                ? kind(client, job)
                        .thenApply(kind ->
                                "cannot " + verb + " job " + job.id() + ": " + sentence + " (status: " + kind + ")")
                : CompletableFuture.completedFuture(sentence);
    }

    static boolean isPrecondition(RejectReason reason) {
        return reason.grpcCode().equals(Status.Code.FAILED_PRECONDITION.name());
    }

    /** The status that a refusal speaks of: read behind it, so a job that goes on meanwhile is named as it is now. */
    static CompletableFuture<String> kind(SiloClient client, JobRef job) {
        return client.getJobAsync(job.tenant(), job.id(), false).thenApply(read -> kind(read.status()));
    }

    static String kind(io.silo.client.JobStatus status) {
        final String name = status.name();
        return name.charAt(0) + name.substring(1).toLowerCase(Locale.ROOT);
    }
}
