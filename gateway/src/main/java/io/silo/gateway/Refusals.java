package io.silo.gateway;

import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.silo.client.SiloException;
import io.silo.grpc.v2.Refusal;
import io.silo.protocol.RejectReason;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/** What clients are told of a call that was refused: codes and sentences that some of them match on. Stateless. */
final class Refusals {
    /** After so many milliseconds a client of gRPC may repeat the call by itself. */
    private static final Metadata.Key<String> PUSHBACK_MS =
            Metadata.Key.of("grpc-retry-pushback-ms", Metadata.ASCII_STRING_MARSHALLER);

    /** Where the shard is that a call named, of one that is another node's (behaviour ROUTE-5). */
    static final Metadata.Key<String> OWNER_ADDRESS =
            Metadata.Key.of("x-silo-shard-owner-addr", Metadata.ASCII_STRING_MARSHALLER);

    static final Metadata.Key<String> OWNER_NODE =
            Metadata.Key.of("x-silo-shard-owner-node", Metadata.ASCII_STRING_MARSHALLER);

    private Refusals() {}

    static StatusRuntimeException invalid(String sentence) {
        return Status.INVALID_ARGUMENT.withDescription(sentence).asRuntimeException();
    }

    static StatusRuntimeException precondition(String sentence) {
        return Status.FAILED_PRECONDITION.withDescription(sentence).asRuntimeException();
    }

    static StatusRuntimeException shardNotFound() {
        return Status.NOT_FOUND
                .withDescription(sentence(RejectReason.NOT_OWNER))
                .asRuntimeException();
    }

    /** With what is known of the owner. */
    static StatusRuntimeException shardElsewhere(MappedShard shard) {
        final Metadata trailers = new Metadata();
        if (!shard.ownerAddress().isEmpty()) {
            trailers.put(OWNER_ADDRESS, shard.ownerAddress());
        }
        if (!shard.ownerNode().isEmpty()) {
            trailers.put(OWNER_NODE, shard.ownerNode());
        }
        return Status.NOT_FOUND
                .withDescription(sentence(RejectReason.NOT_OWNER))
                .asRuntimeException(trailers);
    }

    /** Of a shard that is this node's, which has not opened it. */
    static StatusRuntimeException shardNotReady() {
        return Status.UNAVAILABLE
                .withDescription(sentence(RejectReason.SHARD_CLOSED))
                .asRuntimeException();
    }

    /** As a status, whatever went wrong. */
    static StatusRuntimeException of(Throwable failed) {
        final Throwable cause = cause(failed);
        if (cause instanceof StatusRuntimeException status) {
            return status;
        }
        if (cause instanceof ServedNode.Refused refused) {
            return (refused.isFull() ? Status.RESOURCE_EXHAUSTED : Status.UNAVAILABLE)
                    .withDescription(refused.getMessage())
                    .asRuntimeException();
        }
        if (!(cause instanceof SiloException refused)) {
            return Status.INTERNAL
                    .withDescription(String.valueOf(cause))
                    .withCause(cause)
                    .asRuntimeException();
        }
        final Metadata trailers = new Metadata();
        if (!refused.retryAfter().isZero()) {
            trailers.put(PUSHBACK_MS, Long.toString(refused.retryAfter().toMillis()));
        }
        // A second report finds no lease, whatever the first one said (behaviour OUT-2).
        final RejectReason reason =
                refused.reason() == RejectReason.ALREADY_REPORTED ? RejectReason.LEASE_NOT_FOUND : refused.reason();
        return Status.fromCode(Status.Code.valueOf(reason.grpcCode()))
                .withDescription(reason == refused.reason() ? sentence(refused) : reason.sentence())
                .asRuntimeException(trailers);
    }

    /** What is told of one item of a batch that was refused by a shard, or had no answer. */
    static Refusal item(RejectReason reason, Duration retryAfter) {
        // The code and the sentence of v1; the name tells a repeat that the first one counted.
        final RejectReason told = reason == RejectReason.ALREADY_REPORTED ? RejectReason.LEASE_NOT_FOUND : reason;
        return Refusal.newBuilder()
                .setCode(Status.Code.valueOf(told.grpcCode()).value())
                .setName(reason.name())
                .setMessage(sentence(told))
                .setRetryAfterMs(retryAfter.toMillis())
                .build();
    }

    /** As the other, of whatever went wrong. What no shard judged has the name of its code. */
    static Refusal item(Throwable failed) {
        if (cause(failed) instanceof SiloException refused) {
            return item(refused.reason(), refused.retryAfter());
        }
        final Status status = of(failed).getStatus();
        return Refusal.newBuilder()
                .setCode(status.getCode().value())
                .setName(status.getCode().name())
                .setMessage(String.valueOf(status.getDescription()))
                .build();
    }

    /** The reason, if it is one that a shard gave; else null. */
    static @Nullable RejectReason reason(Throwable failed) {
        return cause(failed) instanceof SiloException refused ? refused.reason() : null;
    }

    private static Throwable cause(Throwable failed) {
        return failed instanceof CompletionException && failed.getCause() != null ? failed.getCause() : failed;
    }

    private static String sentence(SiloException refused) {
        return switch (refused.reason()) {
            case UNKNOWN_OUTCOME, UNREACHABLE, BUSY, POSITION_TRIMMED -> String.valueOf(refused.getMessage());
            default -> sentence(refused.reason());
        };
    }

    static String sentence(RejectReason reason) {
        return switch (reason) {
            case TENANT_NOT_ALLOWED -> "tenant must not be provided when tenancy is disabled on the server";
            case TENANT_REQUIRED -> "tenant id required";
            case INVALID_TENANT -> "invalid tenant id";
            case NOT_OWNER -> "shard not found";
            case SHARD_CLOSED -> "shard not ready: acquisition in progress";
            default -> reason.sentence();
        };
    }
}
