package io.silo.server;

import io.silo.server.config.HostPort;
import io.silo.server.config.ServerConfig;
import io.silo.server.config.Settings;
import java.net.InetAddress;
import java.net.UnknownHostException;

/**
 * Where clients are told to call. Immutable; any thread.
 *
 * @param configured empty = none is.
 * @param host that is told if none is configured.
 * @param isGuessed whether that host is the machine's own name for itself, since it listens on every address.
 */
record AdvertisedAddress(String configured, String host, boolean isGuessed) {
    static AdvertisedAddress of(ServerConfig config) {
        final String configured = config.value(Settings.ADVERTISED_GRPC_ADDRESS);
        final HostPort listens = config.value(Settings.GRPC_ADDRESS);
        final boolean isGuessed = configured.isEmpty() && listens.isWildcard();
        return new AdvertisedAddress(configured, isGuessed ? ownName() : listens.host(), isGuessed);
    }

    private static String ownName() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException nameless) {
            return InetAddress.getLoopbackAddress().getHostAddress();
        }
    }

    /** @param port that is listened on. */
    String of(int port) {
        return configured.isEmpty() ? new HostPort(host, port).toString() : configured;
    }
}
