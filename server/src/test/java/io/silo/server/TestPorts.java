package io.silo.server;

import java.io.IOException;
import java.net.BindException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.util.Map;

/**
 * Free ports of this machine, as settings. Below those that the system hands out by itself, and elsewhere than in the JVM that runs other
 * classes beside this one: between its choice and its use nobody else takes a port.
 */
public final class TestPorts {
    private static final int PORTS_PER_SERVER = 2;

    private static int nextPort = 10_000 + 400 * (int) (ProcessHandle.current().pid() % 50);

    private TestPorts() {}

    /** Environment variables of a server: two ports for Aeron, and for the rest what the system chooses. */
    public static synchronized Map<String, String> free() throws IOException {
        final InetAddress loopback = InetAddress.getLoopbackAddress();
        for (int attempt = 0; attempt < 20; attempt++) {
            final int port = nextPort;
            nextPort += PORTS_PER_SERVER;
            try (DatagramSocket first = new DatagramSocket(port, loopback);
                    DatagramSocket second = new DatagramSocket(port + 1, loopback)) {
                return Map.of(
                        "SILO_SERVER_AERON_ADDR",
                        "127.0.0.1:" + first.getLocalPort(),
                        "SILO_SERVER_AERON_CONTROL_ADDR",
                        "127.0.0.1:" + second.getLocalPort(),
                        "SILO_SERVER_GRPC_ADDR",
                        "127.0.0.1:0",
                        "SILO_METRICS_ADDR",
                        "127.0.0.1:0");
            } catch (BindException taken) {
                // the next two
            }
        }
        throw new BindException("no two neighbouring ports are free");
    }
}
