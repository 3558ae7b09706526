package io.silo.gateway;

import io.silo.client.SiloClient;
import io.silo.protocol.session.AccessToken;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What a gateway is made of.
 *
 * @param host to listen on.
 * @param port to listen on; 0 = any that is free.
 * @param tls null = calls come in the clear.
 * @param node that is spoken for.
 * @param tenancy whether calls name a tenant.
 * @param tokens that are taken; empty = every call is.
 * @param connect makes the client of the holder of a token, or of everybody with the empty one. Called once a token, when a call first
 *     carries it.
 */
public record GatewayContext(
        String host,
        int port,
        @Nullable GrpcTls tls,
        ServedNode node,
        Tenancy tenancy,
        List<AccessToken> tokens,
        Function<String, SiloClient> connect) {
    /** Keeps a copy of the list. */
    public GatewayContext {
        tokens = List.copyOf(tokens);
    }
}
