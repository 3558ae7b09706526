package io.silo.server.data;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.silo.server.error.ServerErrorCode;
import io.silo.server.error.ServerException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The server's directory (0700), locked for as long as this object lives:
 *
 * <pre>
 *   silo.lock        held by the one server; its text is the pid
 *   identity.json    cluster, node and format, written once
 *   shard-map.json   shards, their ranges and epochs
 *   server.json      addresses of the running server
 *   shards/UUID/     one log each
 * </pre>
 *
 * <p>The lock is taken before anything else is looked at. One thread.
 */
public final class DataDirectory implements AutoCloseable {
    /** Layout of the directory; a newer one is refused, older ones are read. */
    public static final int FORMAT = 1;

    private static final Logger LOGGER = LoggerFactory.getLogger(DataDirectory.class);
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rwx------");
    private static final String LOCK = "silo.lock";
    private static final String IDENTITY = "identity.json";

    /** Name under which a restore keeps the identity until all the rest is there. */
    private static final String IDENTITY_RESTORING = "identity.json.restoring";

    private static final String SHARDS = "shards";

    private final Path path;
    private final FileChannel lockChannel;
    private final FileLock lock;
    private final ServerIdentity identity;

    private DataDirectory(Path path, FileChannel lockChannel, FileLock lock) {
        this.path = path;
        this.lockChannel = lockChannel;
        this.lock = lock;
        this.identity = openIdentity();
    }

    /**
     * Makes the directory if it is not there, locks it and reads its identity.
     *
     * @throws ServerException if another server holds it, it cannot be used, or its format is newer.
     */
    public static DataDirectory open(Path path) {
        try {
            createOwnerOnly(path);
            checkLocal(path, Files.getFileStore(path).type());
            final FileChannel channel = FileChannel.open(
                    path.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
            final FileLock lock = tryLock(channel);
            if (lock == null) {
                final String holder = holder(path, channel);
                channel.close();
                throw new ServerException(
                        ServerErrorCode.DATA_DIRECTORY_LOCKED,
                        "Another server" + holder + " uses the data directory " + path + ".",
                        "Stop it first, or give this one a directory of its own with --data.");
            }
            try {
                channel.truncate(0);
                channel.write(ByteBuffer.wrap(
                        Long.toString(ProcessHandle.current().pid()).getBytes(StandardCharsets.US_ASCII)));
                return new DataDirectory(path, channel, lock);
            } catch (IOException | RuntimeException failed) {
                channel.close();
                throw failed;
            }
        } catch (IOException failed) {
            throw unusable(path, failed);
        }
    }

    private static void createOwnerOnly(Path path) throws IOException {
        if (!Files.isDirectory(path)) {
            final Path parent = path.getParent();
            if (parent != null) {
                Files.createDirectories(parent);
            }
            try {
                Files.createDirectory(path, PosixFilePermissions.asFileAttribute(OWNER_ONLY));
            } catch (FileAlreadyExistsException notADirectory) {
                if (!Files.isDirectory(path)) {
                    throw notADirectory;
                }
            }
        }
        if (!Files.getPosixFilePermissions(path).equals(OWNER_ONLY)) {
            LOGGER.warn("The data directory {} was open to others; it is closed to them now.", path);
            Files.setPosixFilePermissions(path, OWNER_ONLY);
        }
    }

    /** Before the lock, which two machines could hold at once there. */
    static void checkLocal(Path path, String fileSystemType) {
        if (LocalDisk.isRemote(fileSystemType)) {
            throw new ServerException(
                    ServerErrorCode.DATA_DIRECTORY_UNUSABLE,
                    "The data directory " + path + " is on a network file system (" + fileSystemType
                            + "), which neither locks nor syncs dependably.",
                    "Give --data a directory on a local disk.");
        }
    }

    private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException heldByThisProcess) {
            return null;
        }
    }

    private static String holder(Path path, FileChannel channel) throws IOException {
        final ByteBuffer text = ByteBuffer.allocate(32); // a pid has at most 20 digits
        channel.read(text, 0);
        final String pid = new String(text.array(), 0, text.position(), StandardCharsets.US_ASCII);
        if (pid.matches("[0-9]+")) {
            return " (pid " + pid + ")";
        }
        return ServerFile.read(path).map(file -> " (pid " + file.pid() + ")").orElse("");
    }

    private ServerIdentity openIdentity() {
        final Path file = path.resolve(IDENTITY);
        try {
            return Files.exists(file) ? readIdentity(path) : createIdentity(file);
        } catch (IOException failed) {
            throw unusable(path, failed);
        }
    }

    /**
     * Whose a data directory is, without its lock.
     *
     * @throws ServerException if it is no data directory, or its identity is damaged or newer.
     */
    public static ServerIdentity readIdentity(Path path) {
        final Path file = path.resolve(IDENTITY);
        if (!Files.exists(file)) {
            throw new ServerException(
                    ServerErrorCode.DATA_DIRECTORY_UNUSABLE,
                    "The directory " + path + " is no data directory of Silo: it has no " + IDENTITY + ".",
                    "Name the directory that the server was started on.");
        }
        try {
            final JsonNode node = JSON.readTree(Files.readAllBytes(file));
            checkFormat(file, node, FORMAT);
            return new ServerIdentity(uuid(file, node, "cluster_id"), uuid(file, node, "node_id"));
        } catch (JsonProcessingException notJson) {
            throw damaged(file + " is not JSON.", notJson);
        } catch (IOException failed) {
            throw unusable(path, failed);
        }
    }

    private ServerIdentity createIdentity(Path file) throws IOException {
        if (Files.exists(path.resolve(IDENTITY_RESTORING))) {
            throw new ServerException(
                    ServerErrorCode.RESTORE_INCOMPLETE,
                    "A restore into " + path + " did not finish.",
                    "Delete the directory and restore the backup again.");
        }
        try (Stream<Path> entries = Files.list(path)) {
            final var foreign = entries.map(entry -> String.valueOf(entry.getFileName()))
                    .filter(name -> !name.equals(LOCK) && !name.endsWith(".tmp"))
                    .sorted()
                    .findFirst();
            if (foreign.isPresent()
                    && (foreign.get().equals(SHARDS) || foreign.get().equals("shard-map.json"))) {
                throw damaged(file + " is missing, but " + foreign.get() + " is there.", null);
            }
            if (foreign.isPresent()) {
                throw new ServerException(
                        ServerErrorCode.DATA_DIRECTORY_UNUSABLE,
                        "The directory " + path + " is no data directory of Silo: it holds '" + foreign.get() + "'.",
                        "Give --data an empty directory or one that does not exist yet.");
            }
        }
        final ServerIdentity made = new ServerIdentity(UUID.randomUUID(), UUID.randomUUID());
        writeIdentity(file, made);
        return made;
    }

    private static void writeIdentity(Path file, ServerIdentity identity) throws IOException {
        final ObjectNode node = JSON.createObjectNode();
        node.put("format", FORMAT);
        node.put("cluster_id", identity.clusterId().toString());
        node.put("node_id", identity.nodeId().toString());
        node.put("created_at_ms", System.currentTimeMillis());
        AtomicFile.write(file, JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(node));
    }

    /**
     * Begins a data directory that is filled by other means than a start. Until {@link #finishRestored} no server starts on it.
     *
     * @param path not there yet, or empty.
     * @throws ServerException TARGET_NOT_EMPTY if another restore has begun there meanwhile.
     */
    public static void beginRestored(Path path, ServerIdentity identity) {
        try {
            createOwnerOnly(path);
            final Path restoring = path.resolve(IDENTITY_RESTORING);
            try {
                Files.createFile(restoring); // of two restores one makes it; first of all, so that no start finds less
                AtomicFile.syncDirectory(path);
                try {
                    Files.createFile(path.resolve(LOCK));
                } catch (FileAlreadyExistsException server) {
                    Files.delete(restoring);
                    throw server;
                }
            } catch (FileAlreadyExistsException other) {
                throw new ServerException(
                        ServerErrorCode.TARGET_NOT_EMPTY,
                        "Another restore, or a server, has begun in " + path + ".",
                        "Name another directory.",
                        other);
            }
            writeIdentity(restoring, identity);
        } catch (IOException failed) {
            throw unusable(path, failed);
        }
    }

    /** Makes what was begun a data directory; durable on return. */
    public static void finishRestored(Path path) {
        try {
            Files.move(path.resolve(IDENTITY_RESTORING), path.resolve(IDENTITY), StandardCopyOption.ATOMIC_MOVE);
            AtomicFile.syncDirectory(path);
        } catch (IOException failed) {
            throw unusable(path, failed);
        }
    }

    /** Refuses a file that a newer release wrote, or that names no format. */
    public static void checkFormat(Path file, JsonNode node, int known) {
        final int format = node.path("format").asInt(0);
        if (format > known) {
            throw new ServerException(
                    ServerErrorCode.DATA_FORMAT_NEWER,
                    file + " has format " + format + "; this release knows formats up to " + known + ".",
                    "Start the release that wrote it, or a newer one.");
        }
        if (format < 1) {
            throw damaged(file + " names no format.", null);
        }
    }

    /** Reads a UUID of a file of this directory. */
    public static UUID uuid(Path file, JsonNode node, String field) {
        try {
            return UUID.fromString(node.path(field).asText(""));
        } catch (IllegalArgumentException wrong) {
            throw damaged(file + " has no valid " + field + ".", wrong);
        }
    }

    /** The error of a file of this directory that is not as it was written. */
    public static ServerException damaged(String sentence, @Nullable Throwable cause) {
        return new ServerException(
                ServerErrorCode.DATA_DIRECTORY_DAMAGED,
                sentence,
                "Put the file back from a copy; the logs under shards/ are not touched.",
                cause);
    }

    private static ServerException unusable(Path path, IOException failed) {
        final String reason = failed instanceof AccessDeniedException
                ? "permission denied"
                : failed instanceof FileAlreadyExistsException
                        ? "it is not a directory"
                        : String.valueOf(failed.getMessage());
        return new ServerException(
                ServerErrorCode.DATA_DIRECTORY_UNUSABLE,
                "The data directory " + path + " cannot be used: " + reason + ".",
                "Check that the path is a directory of the server's own user on a local disk.",
                failed);
    }

    /** The directory, as it was given. */
    public Path path() {
        return path;
    }

    public ServerIdentity identity() {
        return identity;
    }

    /** Directory of one shard's log; made by {@link #createShardDirectory}. */
    public Path shardDirectory(UUID shardId) {
        return shardDirectory(path, shardId);
    }

    /** Directory of one shard's log in a data directory, whether it is open or not. */
    public static Path shardDirectory(Path path, UUID shardId) {
        return path.resolve(SHARDS).resolve(shardId.toString());
    }

    /** Makes a shard's directory; durable on return. */
    public Path createShardDirectory(UUID shardId) {
        final Path shards = path.resolve(SHARDS);
        final Path shard = shardDirectory(shardId);
        try {
            if (!Files.isDirectory(shards)) {
                Files.createDirectory(shards);
            }
            if (!Files.isDirectory(shard)) {
                Files.createDirectory(shard);
            }
            // Those that were there too: whoever made them may have been killed before their names were durable.
            AtomicFile.syncDirectory(path);
            AtomicFile.syncDirectory(shards);
            return shard;
        } catch (IOException failed) {
            throw unusable(path, failed);
        }
    }

    /** Tells programs of this host where the server is. Last act of a start. */
    public void writeServerFile(ServerFile file) {
        try {
            AtomicFile.write(path.resolve(ServerFile.NAME), file.toBytes());
        } catch (IOException failed) {
            throw unusable(path, failed);
        }
    }

    /** First act of a start and a late one of a clean stop: nobody is to find a server that does not answer. */
    public void removeServerFile() {
        try {
            AtomicFile.delete(path.resolve(ServerFile.NAME));
        } catch (IOException failed) {
            LOGGER.warn("{} could not be removed: {}", ServerFile.NAME, failed.getMessage());
        }
    }

    /** Gives the lock back. */
    @Override
    public void close() {
        try {
            lock.release();
            lockChannel.close();
        } catch (IOException failed) {
            LOGGER.warn("The lock of {} could not be given back: {}", path, failed.getMessage());
        }
    }
}
