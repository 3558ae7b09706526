package io.silo.client;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.silo.protocol.RejectReason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Where a server is: over UDP anywhere, or through the media driver of a server on this host. Immutable; any thread. */
sealed interface ServerAddress {
    /** What {@code server.json} is called in the data directory. */
    String SERVER_FILE = "server.json";

    /** A hundred times what a server writes. */
    long SERVER_FILE_BYTES_MAX = 64 * 1024;

    /**
     * Over UDP.
     *
     * @param endpoint {@code host:port}.
     * @param control {@code host:port} of the response streams.
     */
    record Udp(String endpoint, String control) implements ServerAddress {
        @Override
        public String toString() {
            return endpoint;
        }
    }

    /** Through the media driver that a server on this host names in its file, read anew at each connection. */
    record File(Path serverFile) implements ServerAddress {
        /** Reads the file. Throws {@code UNREACHABLE} with a sentence if there is none, or its server is gone. */
        Driver read() {
            final Map<String, String> fields = new HashMap<>();
            try {
                if (Files.size(serverFile) > SERVER_FILE_BYTES_MAX) {
                    throw unreachable("it is larger than any server writes it", null);
                }
                readFields(fields);
            } catch (IOException e) {
                throw unreachable("it cannot be read: is the server running?", e);
            }
            final String directory = fields.get("aeron_dir");
            final String pid = fields.get("pid");
            if (directory == null || pid == null || !pid.matches("[0-9]{1,18}")) {
                throw unreachable("it does not name an Aeron directory and a process", null);
            }
            final Driver driver = new Driver(directory, Long.parseLong(pid));
            if (!driver.isAlive()) {
                throw unreachable("its process " + pid + " is gone", null);
            }
            return driver;
        }

        private void readFields(Map<String, String> fields) throws IOException {
            try (JsonParser parser = new JsonFactory().createParser(Files.readAllBytes(serverFile))) {
                if (parser.nextToken() != JsonToken.START_OBJECT) {
                    throw new IOException("not a JSON object");
                }
                while (parser.nextToken() == JsonToken.FIELD_NAME) {
                    final String name = parser.currentName();
                    if (parser.nextToken().isStructStart()) {
                        parser.skipChildren();
                    } else {
                        fields.put(name, parser.getText());
                    }
                }
            }
        }

        private SiloException unreachable(String fact, @Nullable Exception cause) {
            final String message = "Expected to find a server by '" + serverFile + "', but " + fact + ".";
            return cause == null
                    ? new SiloException(RejectReason.UNREACHABLE, message)
                    : new SiloException(RejectReason.UNREACHABLE, message, cause);
        }

        @Override
        public String toString() {
            return serverFile.toString();
        }
    }

    /** The media driver of a server on this host. */
    record Driver(String aeronDirectory, long pid) implements ServerAddress {
        /** Pid of a driver whose process is not known. */
        static final long NULL_PID = 0;

        /** Whether its process lives, as far as is known. */
        boolean isAlive() {
            return pid == NULL_PID
                    || ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false);
        }

        @Override
        public String toString() {
            return aeronDirectory;
        }
    }

    /** {@code host:port}; the control port is the next one unless given. */
    static ServerAddress udp(String address, int controlPort) {
        final int colon = address.lastIndexOf(':');
        if (colon < 1 || !address.substring(colon + 1).matches("[0-9]{1,5}")) {
            throw new IllegalArgumentException("Expected an address as host:port, but it is '" + address + "'.");
        }
        final int port = Integer.parseInt(address.substring(colon + 1));
        final int control = controlPort > 0 ? controlPort : port + 1;
        return new Udp(address, address.substring(0, colon) + ":" + control);
    }
}
