package io.silo.server;

import com.sun.management.UnixOperatingSystemMXBean;
import io.silo.server.error.ServerErrorCode;
import io.silo.server.error.ServerException;
import java.lang.management.ManagementFactory;

/** Refuses to start where so few files may be open that shards would close later for want of them. Stateless. */
final class FileLimit {
    /** The driver's files and sockets, what is loaded later, and connections; the JVM and its jars are open already. */
    static final int FILES_BASE = 96;

    /** Lock, mark, and three files each of a cycle in use, one made ahead, one retired, and cold reads. */
    static final int FILES_PER_SHARD = 16;

    private FileLimit() {}

    /**
     * @throws ServerException if this process may open too few.
     */
    static void check(int shards) {
        if (ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean system) {
            check(system.getMaxFileDescriptorCount(), system.getOpenFileDescriptorCount(), shards);
        }
    }

    static void check(long limit, long open, int shards) {
        final long needed = open + FILES_BASE + (long) FILES_PER_SHARD * shards;
        if (limit < needed) {
            throw new ServerException(
                    ServerErrorCode.FILE_LIMIT_TOO_LOW,
                    "The process may open " + limit + " files; a server with " + shards + " shards may need " + needed
                            + ".",
                    "Raise the limit: ulimit -n 4096.");
        }
    }
}
