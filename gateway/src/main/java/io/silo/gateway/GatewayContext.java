package io.silo.gateway;

import io.silo.client.SiloClient;
import io.silo.protocol.session.AccessToken;
import java.util.List;
import java.util.function.Function;

/**
 * What a gateway is made of.
 *
 * @param address to listen on.
 * @param node that is spoken for.
 * @param tenancy whether calls name a tenant.
 * @param queries what statements in SQL may take.
 * @param tokens that are taken; empty = every call is.
 * @param connect makes the client of the holder of a token, or of everybody with the empty one. Called once a token, when a call first
 *     carries it.
 */
public record GatewayContext(
        ListenAddress address,
        ServedNode node,
        Tenancy tenancy,
        QueryLimits queries,
        List<AccessToken> tokens,
        Function<String, SiloClient> connect) {
    /** Keeps a copy of the list. */
    public GatewayContext {
        tokens = List.copyOf(tokens);
    }
}
