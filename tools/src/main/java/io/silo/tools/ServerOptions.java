package io.silo.tools;

import io.silo.server.config.HostPort;
import io.silo.server.data.ServerFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options that say which server a command talks to, and as whom. */
final class ServerOptions {
    /** Where a server listens unless told otherwise. */
    static final String ADDRESS_DEFAULT = "127.0.0.1:7451";

    private static final Path DATA_DEFAULT = Path.of("./silo-data");
    private static final String TOKEN_VARIABLE = "SILO_AUTH_TOKEN";

    @Option(names = "--address", paramLabel = "HOST:PORT", description = "The server's Aeron address (UDP).")
    private @Nullable String address;

    @Option(
            names = "--data",
            paramLabel = "DIR",
            description = "Data directory of a server on this host; it is talked to over shared memory.")
    private @Nullable Path data;

    @Option(
            names = "--token-file",
            paramLabel = "FILE",
            description = "File that holds the token; the variable SILO_AUTH_TOKEN does the same.")
    private @Nullable Path tokenFile;

    /** The token; empty = none. */
    String token() {
        if (tokenFile != null) {
            try {
                return Files.readString(tokenFile).strip();
            } catch (IOException failed) {
                throw CommandFailure.usage("The token file " + tokenFile + " cannot be read.", "");
            }
        }
        final String variable = System.getenv(TOKEN_VARIABLE);
        return variable == null ? "" : variable;
    }

    /** The address for UDP if one was given, checked. */
    @Nullable
    HostPort givenAddress() {
        if (address == null) {
            return null;
        }
        if (data != null) {
            throw CommandFailure.usage("--address and --data name two servers; give one of them.", "");
        }
        try {
            return HostPort.parse(address);
        } catch (IllegalArgumentException wrong) {
            throw CommandFailure.usage(
                    "--address is wrong: " + wrong.getMessage() + ".", "Write --address 127.0.0.1:7451");
        }
    }

    /** Directory of the server that runs on this host, if there is one and no address was given. */
    Optional<Path> runningDirectory() {
        if (givenAddress() != null) {
            return Optional.empty();
        }
        final Path directory =
                (data == null ? DATA_DEFAULT : data).toAbsolutePath().normalize();
        if (ServerFile.read(directory).filter(ServerFile::isRunning).isPresent()) {
            return Optional.of(directory);
        }
        if (data != null) {
            throw new CommandFailure(
                    ExitCode.UNREACHABLE,
                    "UNREACHABLE",
                    "No server runs on the data directory " + directory + ".",
                    "Start one: ./silo server --data " + data);
        }
        return Optional.empty();
    }

    /** What the running server of this host says of itself, if there is one. */
    Optional<ServerFile> serverFile() {
        return runningDirectory().flatMap(ServerFile::read);
    }

    /** The address to use over UDP. */
    HostPort udpAddress() {
        final HostPort given = givenAddress();
        return given == null ? HostPort.parse(ADDRESS_DEFAULT) : given;
    }

    /** The address of the response streams' control for an address: its neighbour, as by default. */
    static HostPort controlOf(HostPort address) {
        return new HostPort(address.host(), address.port() + 1);
    }

    /** The data directory meant, whether a server runs on it or not. */
    Path directory() {
        return (data == null ? DATA_DEFAULT : data).toAbsolutePath().normalize();
    }
}
