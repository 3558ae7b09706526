package io.silo.gateway;

import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.silo.client.SiloClient;
import io.silo.protocol.session.AccessToken;
import io.silo.protocol.session.Verb;
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

    /** Whether the caller may look into the process and change shards as wholes. */
    static final Context.Key<Boolean> IS_OPERATOR = Context.keyWithDefault("silo-operator", false);

    private static final Metadata.Key<String> AUTHORIZATION =
            Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);
    private static final String BEARER = "Bearer ";

    /** The token of everybody, where none is asked for. */
    private static final String OPEN = "";

    private final List<AccessToken> tokens;
    private final Function<String, SiloClient> connect;
    private final ConcurrentHashMap<String, SiloClient> clients = new ConcurrentHashMap<>();

    TokenCheck(List<AccessToken> tokens, Function<String, SiloClient> connect) {
        this.tokens = tokens;
        this.connect = connect;
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        final String header = headers.get(AUTHORIZATION);
        final AccessToken token = header == null ? null : find(header);
        if (token == null && !tokens.isEmpty()) {
            final String why = header == null ? "missing authorization header" : "invalid auth token";
            call.close(Status.UNAUTHENTICATED.withDescription(why), new Metadata());
            return new ServerCall.Listener<>() {};
        }
        final SiloClient client = clients.computeIfAbsent(token == null ? OPEN : token.secret(), connect);
        final boolean isOperator =
                token == null || token.tenant() == null && token.verbs().contains(Verb.ADMIN);
        return Contexts.interceptCall(
                Context.current().withValues(CLIENT, client, IS_OPERATOR, isOperator), call, headers, next);
    }

    /** Compares with every token in full, so that the time tells nothing of them. */
    private @Nullable AccessToken find(String header) {
        final byte[] given = header.getBytes(StandardCharsets.UTF_8);
        AccessToken found = null;
        for (final AccessToken token : tokens) {
            if (MessageDigest.isEqual(given, (BEARER + token.secret()).getBytes(StandardCharsets.UTF_8))) {
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
