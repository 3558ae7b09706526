package io.silo.gateway;

import org.jspecify.annotations.Nullable;

/**
 * Where a gateway listens.
 *
 * @param port 0 = any that is free.
 * @param tls null = calls come in the clear.
 */
public record ListenAddress(String host, int port, @Nullable GrpcTls tls) {}
