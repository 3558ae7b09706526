package io.silo.server;

import io.silo.server.config.ConfigLoader;
import java.util.Map;

/** A server in a process of its own, configured by its environment, that tells its port and serves until it dies. */
final class ResetServer {
    private ResetServer() {}

    public static void main(String[] args) throws InterruptedException {
        final SiloServer server = SiloServer.start(ConfigLoader.load(null, System.getenv(), Map.of()));
        System.out.println("port " + server.grpcAddress().port());
        Thread.currentThread().join();
    }
}
