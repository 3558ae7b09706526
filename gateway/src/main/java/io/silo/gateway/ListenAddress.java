package io.silo.gateway;

import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Where a gateway listens.
 *
 * @param port 0 = any that is free.
 * @param told where clients are told to call, as host:port, of the port that is listened on.
 * @param tls null = calls come in the clear.
 */
public record ListenAddress(
        String host,
        int port,
        IntFunction<String> told,
        @Nullable GrpcTls tls) {}
