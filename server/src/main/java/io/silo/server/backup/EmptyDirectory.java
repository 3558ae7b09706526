package io.silo.server.backup;

import io.silo.server.data.AtomicFile;
import io.silo.server.error.ServerErrorCode;
import io.silo.server.error.ServerException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/** A directory that is written from scratch. Stateless. */
final class EmptyDirectory {
    private EmptyDirectory() {}

    /**
     * Refuses what is there and holds something.
     *
     * @throws ServerException TARGET_NOT_EMPTY, or DATA_DIRECTORY_UNUSABLE if it cannot be looked at.
     */
    static void check(Path path) {
        if (!Files.exists(path)) {
            return;
        }
        if (!Files.isDirectory(path)) {
            throw new ServerException(
                    ServerErrorCode.TARGET_NOT_EMPTY, path + " is a file, not a directory.", "Name another directory.");
        }
        try (var entries = Files.list(path)) {
            if (entries.findAny().isPresent()) {
                throw new ServerException(
                        ServerErrorCode.TARGET_NOT_EMPTY,
                        "The directory " + path + " is not empty; nothing in it was changed.",
                        "Name a directory that does not exist yet, or delete what an interrupted run left.");
            }
        } catch (IOException failed) {
            throw unusable(path, failed);
        }
    }

    /** Makes it, with its parents, for its owner only. */
    static void make(Path path) {
        try {
            if (!Files.isDirectory(path)) {
                final Path parent = path.toAbsolutePath().getParent();
                if (parent != null) {
                    Files.createDirectories(parent);
                }
                Files.createDirectory(
                        path, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            }
        } catch (IOException failed) {
            throw unusable(path, failed);
        }
    }

    /** Makes its own name durable. */
    static void syncParent(Path path) throws IOException {
        final Path parent = path.toAbsolutePath().getParent();
        if (parent != null) {
            AtomicFile.syncDirectory(parent);
        }
    }

    static ServerException unusable(Path path, IOException failed) {
        return new ServerException(
                ServerErrorCode.DATA_DIRECTORY_UNUSABLE,
                "The directory " + path + " cannot be used: " + failed + ".",
                "Check its owner and the free space.",
                failed);
    }
}
