package io.silo.gateway;

import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.silo.client.SiloClient;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Finds the client whose token a call carries, so that the shards judge what its holder may do. Any thread. */
final class TokenCheck implements ServerInterceptor, AutoCloseable {
    /** The client of the caller, while a call is handled. */
    static final Context.Key<SiloClient> CLIENT = Context.key("silo-client");

    private static final Metadata.Key<String> AUTHORIZATION =
            Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);
    private static final String BEARER = "Bearer ";

    /** The token of everybody, where none is asked for. */
    private static final String OPEN = "";

    private final List<String> tokens;
    private final Function<String, SiloClient> connect;
    private final ConcurrentHashMap<String, SiloClient> clients = new ConcurrentHashMap<>();

    TokenCheck(List<String> tokens, Function<String, SiloClient> connect) {
        this.tokens = tokens;
        this.connect = connect;
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        final String header = headers.get(AUTHORIZATION);
        final String token = tokens.isEmpty() ? OPEN : header == null ? null : find(header);
        if (token == null) {
            final String why = header == null ? "missing authorization header" : "invalid auth token";
            call.close(Status.UNAUTHENTICATED.withDescription(why), new Metadata());
            return new ServerCall.Listener<>() {};
        }
        final SiloClient client = clients.computeIfAbsent(token, connect);
        return Contexts.interceptCall(Context.current().withValue(CLIENT, client), call, headers, next);
    }

    /** Compares with every token in full, so that the time tells nothing of them. */
    private @Nullable String find(String header) {
        final byte[] given = header.getBytes(StandardCharsets.UTF_8);
        String found = null;
        for (final String token : tokens) {
            if (MessageDigest.isEqual(given, (BEARER + token).getBytes(StandardCharsets.UTF_8))) {
                found = token;
            }
        }
        return found;
    }

    @Override
    public void close() {
        clients.values().forEach(SiloClient::close);
    }
}
