package io.silo.torture.image;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** One file: what the last completed sync made durable, and what it held at moments since. Guarded by its {@link DiskShadow}. */
final class FileShadow {
    /** The page cache writes whole pages back. */
    static final int PAGE_BYTES = 4096;

    /** So many zeros in a row are the end: documents hold random bytes and lie one behind the other. */
    private static final int ZEROS_AT_END = 128 * 1024;

    /** States since the last sync that are kept, the newest among them: any may have been written back. */
    private static final int LATER_MAX = 4;

    private final Path path;
    private final List<byte[]> later = new ArrayList<>();
    private byte[] durable = new byte[0];
    private long durableSize;
    private byte[] live = durable;
    private long liveSize;

    FileShadow(Path path) {
        this.path = path;
    }

    /** Looks at the file as the page cache has it. One that is gone keeps what it had. */
    void observe() throws IOException {
        byte[] now = readLive();
        if (Arrays.equals(now, live)) {
            return;
        }
        live = now;
        later.add(now);
        if (later.size() > LATER_MAX) {
            later.remove(later.size() / 2);
        }
    }

    /** Everything in the file is durable; a page that {@code liar} names stays as it was, which no honest disk does. */
    void synced(DiskShadow.Liar liar) throws IOException {
        live = readLive();
        byte[] before = durable;
        durable = live;
        int page = liar.lostPage(path, before, live);
        if (page >= 0) {
            durable = live.clone();
            int at = page * PAGE_BYTES;
            Arrays.fill(durable, at, Math.min(durable.length, at + PAGE_BYTES), (byte) 0);
            System.arraycopy(
                    before,
                    Math.min(at, before.length),
                    durable,
                    at,
                    Math.max(0, Math.min(before.length, at + PAGE_BYTES) - at));
        }
        durableSize = liveSize;
        later.clear();
        if (page >= 0) {
            later.add(live);
        }
    }

    byte[] durable() {
        return durable;
    }

    long durableSize() {
        return durableSize;
    }

    long liveSize() {
        return liveSize;
    }

    /** Contents since the last sync, oldest first; empty if there were no others. */
    List<byte[]> later() {
        return List.copyOf(later);
    }

    byte[] live() {
        return live;
    }

    /** The used part of the file. */
    private byte[] readLive() throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            liveSize = channel.size();
            byte[] bytes = new byte[0];
            int used = 0;
            int zeros = 0;
            ByteBuffer chunk = ByteBuffer.allocate(ZEROS_AT_END);
            while (zeros < ZEROS_AT_END) {
                chunk.clear();
                int count = channel.read(chunk, bytes.length);
                if (count <= 0) {
                    break;
                }
                int at = bytes.length;
                bytes = Arrays.copyOf(bytes, at + count);
                System.arraycopy(chunk.array(), 0, bytes, at, count);
                int last = count - 1;
                while (last >= 0 && chunk.array()[last] == 0) {
                    last--;
                }
                zeros = last < 0 ? zeros + count : count - 1 - last;
                used = last < 0 ? used : at + last + 1;
            }
            return Arrays.copyOf(bytes, (used + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES);
        } catch (NoSuchFileException gone) {
            return live;
        }
    }
}
