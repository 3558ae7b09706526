package io.silo.tools;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;

/** The network sockets of a process, as Linux lists them. */
final class ProcessSockets {
    private static final List<String> TABLES =
            List.of("tcp", "tcp6", "udp", "udp6", "udplite", "udplite6", "raw", "raw6");

    /** One socket: where it is bound, and what it is connected to; {@code 0.0.0.0} or {@code ::} if it is not. */
    record Endpoints(String protocol, InetAddress local, InetAddress remote, int localPort) {
        /** Whether nothing but this machine can talk through it. */
        boolean isInside() {
            return local.isLoopbackAddress() && (remote.isLoopbackAddress() || remote.isAnyLocalAddress());
        }
    }

    private ProcessSockets() {}

    /** What a process has open now; empty if it is gone. */
    static Set<Endpoints> of(long pid) throws IOException {
        final Set<Endpoints> found = new HashSet<>();
        try {
            final Set<String> inodes = inodes(pid);
            for (String table : TABLES) {
                final Path file = Path.of("/proc", Long.toString(pid), "net", table);
                if (Files.exists(file)) {
                    Files.readAllLines(file).stream()
                            .skip(1)
                            .map(line -> line.trim().split("\\s+"))
                            .filter(fields -> inodes.contains(fields[9]))
                            .map(fields -> endpoints(table, fields[1], fields[2]))
                            .forEach(found::add);
                }
            }
        } catch (NoSuchFileException gone) {
            return Set.of();
        }
        return found;
    }

    private static Set<String> inodes(long pid) throws IOException {
        final Set<String> inodes = new HashSet<>();
        try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(Path.of("/proc", Long.toString(pid), "fd"))) {
            for (Path descriptor : descriptors) {
                try {
                    final String target = Files.readSymbolicLink(descriptor).toString();
                    if (target.startsWith("socket:[")) {
                        inodes.add(target.substring("socket:[".length(), target.length() - 1));
                    }
                } catch (NoSuchFileException closedMeanwhile) {
                    // What is gone is connected to nobody.
                }
            }
        }
        return inodes;
    }

    private static Endpoints endpoints(String table, String local, String remote) {
        return new Endpoints(
                table, address(local), address(remote), Integer.parseInt(local.substring(local.indexOf(':') + 1), 16));
    }

    /** The kernel prints an address as words of 32 bits, each in the byte order of the machine. */
    private static InetAddress address(String text) {
        final byte[] printed = HexFormat.of().parseHex(text.substring(0, text.indexOf(':')));
        final ByteBuffer words = ByteBuffer.wrap(printed).order(ByteOrder.BIG_ENDIAN);
        final ByteBuffer bytes = ByteBuffer.allocate(printed.length).order(ByteOrder.nativeOrder());
        while (words.hasRemaining()) {
            bytes.putInt(words.getInt());
        }
        try {
            return InetAddress.getByAddress(bytes.array());
        } catch (UnknownHostException wrongLength) {
            throw new IllegalArgumentException(text, wrongLength);
        }
    }
}
