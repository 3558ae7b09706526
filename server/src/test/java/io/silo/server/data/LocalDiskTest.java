package io.silo.server.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LocalDiskTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "nfs",
                "nfs4",
                "cifs",
                "smb2",
                "smb3",
                "smbfs",
                "9p",
                "afs",
                "ceph",
                "fuse.sshfs",
                "fuse.s3fs",
                "NFS"
            })
    void shouldKnowFileSystemsOfOtherMachines(String type) {
        assertThat(LocalDisk.isRemote(type)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"ext4", "xfs", "btrfs", "zfs", "tmpfs", "overlay", "f2fs", "fuseblk", "fuse", "virtiofs"})
    void shouldTakeTheOthersForLocal(String type) {
        assertThat(LocalDisk.isRemote(type)).isFalse();
    }

    @Test
    void shouldTakeTheDiskOfTheTestsForLocal(@TempDir Path directory) throws IOException {
        assertThat(LocalDisk.isRemote(Files.getFileStore(directory).type())).isFalse();
    }
}
