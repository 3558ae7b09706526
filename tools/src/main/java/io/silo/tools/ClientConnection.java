package io.silo.tools;

import io.silo.client.Durability;
import io.silo.client.EnqueueResult;
import io.silo.client.SiloClient;
import io.silo.client.SiloClientBuilder;
import io.silo.client.SiloException;
import io.silo.protocol.RejectReason;
import io.silo.server.config.HostPort;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;

/** Connects a command to its server, and says what the server's refusals mean to a user. Stateless. */
final class ClientConnection {
    /** How long a command waits for the first answer before it says that nobody is there. */
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);

    private ClientConnection() {}

    /**
     * Opens a client; returns once the server has answered.
     *
     * @throws CommandFailure if no server answers, or it refuses.
     */
    static SiloClient open(ServerOptions server, String tenant, Durability durability) {
        final SiloClientBuilder builder = SiloClient.builder()
                .clientName("silo-cli")
                .token(server.token())
                .durability(durability)
                .requestTimeout(CONNECT_TIMEOUT);
        if (!tenant.isEmpty()) {
            builder.tenant(tenant);
        }
        final Optional<Path> directory = server.runningDirectory();
        final HostPort address = server.udpAddress();
        if (directory.isPresent()) {
            builder.dataDirectory(directory.get());
        } else {
            builder.address(address.toString());
        }
        final SiloClient client = builder.build();
        try {
            client.awaitConnected();
            return client;
        } catch (SiloException failed) {
            client.close();
            if (failed.reason() == RejectReason.UNREACHABLE || failed.reason() == RejectReason.UNKNOWN_OUTCOME) {
                throw new CommandFailure(
                        ExitCode.UNREACHABLE,
                        RejectReason.UNREACHABLE.name(),
                        "No server answers at " + directory.map(Path::toString).orElse(address.toString()) + ".",
                        "Start one: ./silo server. Or name another: --address HOST:PORT or --data DIR.");
            }
            throw failure(failed);
        }
    }

    /** What a client's exception means to the user of a command. */
    static CommandFailure failure(Throwable failed) {
        Throwable cause = failed;
        while ((cause instanceof CompletionException || cause instanceof ExecutionException)
                && cause.getCause() != null) {
            cause = cause.getCause();
        }
        if (cause instanceof CommandFailure failure) {
            return failure;
        }
        if (!(cause instanceof SiloException refused)) {
            return FailureReport.asFailure(cause);
        }
        final RejectReason reason = refused.reason();
        return new CommandFailure(
                reason == RejectReason.UNREACHABLE ? ExitCode.UNREACHABLE : ExitCode.REFUSED,
                reason.name(),
                sentence(String.valueOf(refused.getMessage())),
                hint(reason));
    }

    /** What the refusal of a job means to the user of a command. */
    static CommandFailure refusal(EnqueueResult job) {
        final RejectReason reason = job.rejected();
        if (reason == null) {
            throw new IllegalArgumentException("job " + job.jobId() + " was accepted");
        }
        return new CommandFailure(
                ExitCode.REFUSED,
                reason.name(),
                "Job " + job.jobId() + " was refused: " + sentence(reason.sentence())
                        + BatchReport.holder(job.heldBy()),
                hint(reason));
    }

    /** The reason's sentence, as a sentence. */
    static String sentence(String text) {
        final String upper = text.isEmpty() ? text : Character.toUpperCase(text.charAt(0)) + text.substring(1);
        return upper.endsWith(".") ? upper : upper + ".";
    }

    private static String hint(RejectReason reason) {
        return switch (reason) {
            case UNAUTHENTICATED -> "Set SILO_AUTH_TOKEN, or name a file with --token-file.";
            case PERMISSION_DENIED -> "Use a token that allows this call for this tenant.";
            case UNREACHABLE -> "Is the server running? See: ./silo status";
            case SHARD_CLOSED -> "See which shard and why: ./silo status";
            case UNIQUE_KEY_HELD -> "The key is free when that job ends.";
            case UNKNOWN_OUTCOME -> "The job may exist: look it up by its id before sending it again.";
            default -> reason.isTransient() ? "Try again shortly." : "";
        };
    }
}
