package io.silo.server.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.silo.server.error.ServerErrorCode;
import io.silo.server.error.ServerException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataDirectoryTest {
    @TempDir
    Path parent;

    @Test
    void shouldKeepItsIdentity() {
        final Path path = parent.resolve("deep/data");
        final ServerIdentity first;
        try (DataDirectory made = DataDirectory.open(path)) {
            first = made.identity();
        }
        try (DataDirectory again = DataDirectory.open(path)) {
            assertThat(again.identity()).isEqualTo(first);
        }
    }

    @Test
    void shouldBeClosedToOthers() throws IOException {
        final Path path = parent.resolve("data");
        Files.createDirectory(path, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
        try (DataDirectory opened = DataDirectory.open(path)) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(opened.path())))
                    .isEqualTo("rwx------");
        }
    }

    @Test
    void shouldRefuseASecondServerAndNameTheFirst() {
        final Path path = parent.resolve("data");
        try (DataDirectory first = DataDirectory.open(path)) {
            assertCode(ServerErrorCode.DATA_DIRECTORY_LOCKED, () -> DataDirectory.open(first.path()))
                    .hasMessageContaining("(pid " + ProcessHandle.current().pid() + ")");
        }
        DataDirectory.open(path).close();
    }

    @Test
    void shouldRefuseADirectoryThatIsNotItsOwn() throws IOException {
        Files.writeString(parent.resolve("thesis.tex"), "years of work");
        assertCode(ServerErrorCode.DATA_DIRECTORY_UNUSABLE, () -> DataDirectory.open(parent))
                .hasMessageContaining("thesis.tex");
        final Path file = parent.resolve("thesis.tex");
        assertCode(ServerErrorCode.DATA_DIRECTORY_UNUSABLE, () -> DataDirectory.open(file))
                .hasMessageContaining("not a directory");
    }

    @Test
    void shouldRefuseANetworkFileSystem() {
        assertCode(ServerErrorCode.DATA_DIRECTORY_UNUSABLE, () -> DataDirectory.checkLocal(parent, "nfs4"))
                .hasMessageContaining("network file system (nfs4)");
        DataDirectory.checkLocal(parent, "ext4");
    }

    @Test
    void shouldRefuseANewerFormatAndDamagedFiles() throws IOException {
        final Path path = parent.resolve("data");
        DataDirectory.open(path).close();
        final Path identity = path.resolve("identity.json");
        final String good = Files.readString(identity);
        Files.writeString(identity, good.replace("\"format\" : 1", "\"format\" : 2"));
        assertCode(ServerErrorCode.DATA_FORMAT_NEWER, () -> DataDirectory.open(path))
                .hasMessageContaining("format 2");
        Files.writeString(identity, good.substring(0, good.length() / 2));
        assertCode(ServerErrorCode.DATA_DIRECTORY_DAMAGED, () -> DataDirectory.open(path));
        Files.writeString(identity, good.replace("cluster_id", "cluster"));
        assertCode(ServerErrorCode.DATA_DIRECTORY_DAMAGED, () -> DataDirectory.open(path))
                .hasMessageContaining("cluster_id");
        Files.delete(identity);
        Files.createDirectory(path.resolve("shards"));
        assertCode(ServerErrorCode.DATA_DIRECTORY_DAMAGED, () -> DataDirectory.open(path))
                .hasMessageContaining("missing");
    }

    @Test
    void shouldTellWhereTheServerIsAndWhetherItLives() {
        final Path path = parent.resolve("data");
        try (DataDirectory directory = DataDirectory.open(path)) {
            assertThat(ServerFile.read(path)).isEmpty();
            final ServerFile file = new ServerFile(
                    ProcessHandle.current().pid(), ServerFile.processStartMs(), "1", "/dev/shm/x", "a:1", "a:2", "", 1);
            directory.writeServerFile(file);
            assertThat(ServerFile.read(path)).contains(file);
            assertThat(file.isRunning()).isTrue();
            final ServerFile reused =
                    new ServerFile(file.pid(), file.startedAtMs() - 60_000, "1", "/dev/shm/x", "a:1", "a:2", "", 1);
            assertThat(reused.isRunning()).isFalse();
            directory.removeServerFile();
            assertThat(ServerFile.read(path)).isEmpty();
        }
    }

    private static org.assertj.core.api.AbstractThrowableAssert<?, ? extends Throwable> assertCode(
            ServerErrorCode code, ThrowingCallable call) {
        return assertThatThrownBy(call).isInstanceOfSatisfying(ServerException.class, failure -> {
            assertThat(failure.code()).isEqualTo(code);
            assertThat(failure.sentence()).endsWith(".");
            assertThat(failure.hint()).isNotEmpty();
        });
    }
}
