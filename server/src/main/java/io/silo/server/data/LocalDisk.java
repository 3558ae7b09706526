package io.silo.server.data;

import java.util.List;
import java.util.Locale;

/** Tells file systems of this machine from those that lie on another: the latter neither lock nor sync dependably. Stateless. */
final class LocalDisk {
    /**
     * Types as the kernel names them in {@code /proc/mounts}, or their beginnings where there are several versions. What is not
     * here counts as local, FUSE too, for it may be a local disk's driver.
     */
    private static final List<String> REMOTE = List.of(
            "nfs",
            "cifs",
            "smb",
            "9p",
            "afs",
            "ceph",
            "lustre",
            "glusterfs",
            "ncpfs",
            "coda",
            "davfs",
            "beegfs",
            "fuse.sshfs",
            "fuse.rclone",
            "fuse.s3fs",
            "fuse.gcsfuse",
            "fuse.ceph",
            "fuse.glusterfs",
            "fuse.davfs",
            "fuse.smb",
            "fuse.nfs",
            "fuse.curlftpfs");

    private LocalDisk() {}

    /**
     * Whether a file system is on another machine.
     *
     * @param type as {@link java.nio.file.FileStore#type()} gives it.
     */
    static boolean isRemote(String type) {
        final String lower = type.toLowerCase(Locale.ROOT);
        return REMOTE.stream().anyMatch(lower::startsWith);
    }
}
