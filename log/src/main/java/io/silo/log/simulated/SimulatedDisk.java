package io.silo.log.simulated;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.random.RandomGenerator;

/**
 * A disk in memory that remembers what was synced. Files are pages of 4 KiB; a write changes the page cache, {@link #sync} makes a
 * file's pages and length durable, {@link #syncDirectory} makes creations and deletions durable. {@link #powerLoss} yields a disk as a
 * machine might find it after the power went: of every page written since the last sync each 512-byte sector is the old or the new
 * one, and each directory entry that was not synced may or may not be there.
 *
 * <p>Methods are synchronized, so that a log's readers may run on threads of their own.
 */
public final class SimulatedDisk {
    /** Page of the page cache. */
    public static final int PAGE_BYTES = 4096;

    /** What a device writes whole or not at all. */
    public static final int SECTOR_BYTES = 512;

    private final TreeMap<String, SimulatedFile> files = new TreeMap<>();
    private final TreeMap<String, SimulatedFile> durableEntries = new TreeMap<>();
    private final TreeSet<String> locks = new TreeSet<>();
    private long capacityBytes = Long.MAX_VALUE;
    private long allocatedBytes;
    private boolean isSyncFailing;
    private boolean isReadFailing;
    private boolean isLying;

    /** Room of the disk in bytes; unlimited unless set. What is there already stays. */
    public synchronized void capacityBytes(long bytes) {
        capacityBytes = bytes;
    }

    public synchronized long freeBytes() {
        return Math.max(0, capacityBytes - allocatedBytes);
    }

    /** Lets every sync fail from now on, without writing anything. */
    public synchronized void failSyncs(boolean isFailing) {
        isSyncFailing = isFailing;
    }

    /** Lets every read fail from now on. */
    public synchronized void failReads(boolean isFailing) {
        isReadFailing = isFailing;
    }

    /** Lets every sync succeed without making anything durable: a disk that lies. For tests that must notice it. */
    public synchronized void lieAboutSyncs() {
        isLying = true;
    }

    /** Names of all files that begin so, in order. */
    public synchronized List<String> list(String prefix) {
        var names = new ArrayList<String>();
        for (String name : files.tailMap(prefix).keySet()) {
            if (!name.startsWith(prefix)) {
                break;
            }
            names.add(name);
        }
        return names;
    }

    public synchronized boolean exists(String name) {
        return files.containsKey(name);
    }

    public synchronized long length(String name) {
        return require(name).length;
    }

    /** Makes an empty file; its name is not durable yet. */
    public synchronized void create(String name) {
        if (files.putIfAbsent(name, new SimulatedFile()) != null) {
            throw new SimulatedDiskException("file exists: " + name);
        }
    }

    /** Takes a lock that nobody may hold, as long as the disk's machine runs. */
    synchronized boolean tryLock(String name) {
        return locks.add(name);
    }

    synchronized void unlock(String name) {
        locks.remove(name);
    }

    /** Allocates blocks without writing; false if the disk is too full. */
    synchronized boolean allocate(String name, long length) {
        SimulatedFile file = require(name);
        long more = Math.max(0, length - file.allocated);
        if (more > freeBytes()) {
            return false;
        }
        file.allocated += more;
        allocatedBytes += more;
        return true;
    }

    /** Gives blocks behind an offset back. The length stays. */
    synchronized void release(String name, long offset) {
        SimulatedFile file = require(name);
        long kept = Math.min(file.allocated, roundUp(offset));
        allocatedBytes -= file.allocated - kept;
        file.allocated = kept;
    }

    /** Writes to the page cache; the file grows with it. */
    public synchronized void write(String name, long offset, byte[] source, int index, int length) {
        SimulatedFile file = require(name);
        long end = roundUp(offset + length);
        if (end > file.allocated && !allocate(name, end)) {
            throw new SimulatedDiskException("no space left: " + name);
        }
        file.write(offset, source, index, length);
    }

    /** Makes the file longer, by zeros. */
    synchronized void grow(String name, long length) {
        SimulatedFile file = require(name);
        file.length = Math.max(file.length, length);
    }

    /** Cuts the file off: an operator's accident, not something the log does. */
    public synchronized void truncate(String name, long length) {
        require(name).truncate(length);
    }

    /** Puts another file's content under a name: an operator's accident. Durable at once. */
    public synchronized void copy(String from, String to) {
        SimulatedFile copy = require(from).copy();
        files.put(to, copy);
        durableEntries.put(to, copy);
    }

    /** Removes a file durably: an operator's accident. */
    public synchronized void remove(String name) {
        files.remove(name);
        durableEntries.remove(name);
    }

    public synchronized int read(String name, long offset, ByteBuffer target) {
        if (isReadFailing) {
            throw new SimulatedDiskException("input/output error: " + name);
        }
        return require(name).read(offset, target);
    }

    /** Makes a file's content and length durable, not its name. */
    synchronized void sync(String name) {
        if (isSyncFailing) {
            throw new SimulatedDiskException("input/output error: " + name);
        }
        if (!isLying) {
            require(name).sync();
        }
    }

    /** Makes all creations and deletions durable. */
    synchronized void syncDirectory() {
        if (isSyncFailing) {
            throw new SimulatedDiskException("input/output error: directory");
        }
        durableEntries.clear();
        durableEntries.putAll(files);
    }

    synchronized void delete(String name) {
        SimulatedFile file = files.remove(name);
        if (file != null) {
            allocatedBytes -= file.allocated;
        }
    }

    /** The disk as the next process of the same boot finds it: everything that was written is there. */
    public synchronized SimulatedDisk processKill() {
        var image = new SimulatedDisk();
        for (var entry : files.entrySet()) {
            image.files.put(entry.getKey(), entry.getValue().copyWithHistory());
        }
        for (var entry : durableEntries.entrySet()) {
            SimulatedFile live = image.files.get(entry.getKey());
            boolean isSame = files.get(entry.getKey()) == entry.getValue();
            image.durableEntries.put(
                    entry.getKey(),
                    live != null && isSame ? live : entry.getValue().copyWithHistory());
        }
        image.finish(this);
        return image;
    }

    /** A disk as the next boot may find it. Every choice comes from the generator. */
    public synchronized SimulatedDisk powerLoss(RandomGenerator random) {
        var image = new SimulatedDisk();
        var names = new TreeSet<>(files.keySet());
        names.addAll(durableEntries.keySet());
        for (String name : names) {
            SimulatedFile live = files.get(name);
            SimulatedFile durable = durableEntries.get(name);
            SimulatedFile survivor = live == durable || random.nextBoolean() ? live : durable;
            if (survivor != null) {
                SimulatedFile file = survivor.afterPowerLoss(random);
                image.files.put(name, file);
                image.durableEntries.put(name, file);
            }
        }
        image.finish(this);
        return image;
    }

    private void finish(SimulatedDisk origin) {
        capacityBytes = origin.capacityBytes;
        for (SimulatedFile file : files.values()) {
            allocatedBytes += file.allocated;
        }
    }

    private SimulatedFile require(String name) {
        SimulatedFile file = files.get(name);
        if (file == null) {
            throw new SimulatedDiskException("no such file: " + name);
        }
        return file;
    }

    static long roundUp(long bytes) {
        return (bytes + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
    }

    /** Pages by number; a page that is not there is zero. Pages written since the last sync have their old content kept. */
    private static final class SimulatedFile {
        private static final byte[] ZERO_PAGE = new byte[PAGE_BYTES];

        private final TreeMap<Long, byte[]> pages = new TreeMap<>();
        private final TreeMap<Long, byte[]> durableOfDirty = new TreeMap<>();
        private long length;
        private long durableLength;
        private long allocated;

        void write(long offset, byte[] source, int index, int count) {
            int done = 0;
            while (done < count) {
                long number = (offset + done) / PAGE_BYTES;
                int within = (int) ((offset + done) % PAGE_BYTES);
                int piece = Math.min(count - done, PAGE_BYTES - within);
                byte[] page = pages.get(number);
                if (page == null) {
                    page = new byte[PAGE_BYTES];
                    pages.put(number, page);
                    durableOfDirty.putIfAbsent(number, ZERO_PAGE);
                } else if (!durableOfDirty.containsKey(number)) {
                    durableOfDirty.put(number, page.clone());
                }
                System.arraycopy(source, index + done, page, within, piece);
                done += piece;
            }
            length = Math.max(length, offset + count);
        }

        int read(long offset, ByteBuffer target) {
            int count = (int) Math.max(0, Math.min(target.remaining(), length - offset));
            int done = 0;
            while (done < count) {
                long number = (offset + done) / PAGE_BYTES;
                int within = (int) ((offset + done) % PAGE_BYTES);
                int piece = Math.min(count - done, PAGE_BYTES - within);
                target.put(pages.getOrDefault(number, ZERO_PAGE), within, piece);
                done += piece;
            }
            return count;
        }

        void sync() {
            durableOfDirty.clear();
            durableLength = length;
        }

        void truncate(long newLength) {
            length = newLength;
            durableLength = newLength;
            long first = newLength / PAGE_BYTES;
            pages.tailMap(first, false).clear();
            durableOfDirty.tailMap(first, false).clear();
            byte[] last = pages.get(first);
            if (last != null) {
                Arrays.fill(last, (int) (newLength % PAGE_BYTES), PAGE_BYTES, (byte) 0);
            }
        }

        SimulatedFile copy() {
            SimulatedFile copy = copyWithHistory();
            copy.sync();
            return copy;
        }

        SimulatedFile copyWithHistory() {
            var copy = new SimulatedFile();
            pages.forEach((number, page) -> copy.pages.put(number, page.clone()));
            durableOfDirty.forEach((number, page) -> copy.durableOfDirty.put(number, page.clone()));
            copy.length = length;
            copy.durableLength = durableLength;
            copy.allocated = allocated;
            return copy;
        }

        SimulatedFile afterPowerLoss(RandomGenerator random) {
            var image = new SimulatedFile();
            pages.forEach((number, page) -> image.pages.put(number, page.clone()));
            for (var entry : durableOfDirty.entrySet()) {
                byte[] page = Objects.requireNonNull(image.pages.get(entry.getKey()));
                choose(random, page, entry.getValue());
            }
            image.length = random.nextBoolean() ? length : durableLength;
            image.allocated = allocated;
            image.truncate(image.length);
            return image;
        }

        /** Whole pages mostly, single sectors often: both happen. */
        private static void choose(RandomGenerator random, byte[] page, byte[] old) {
            int mode = random.nextInt(3);
            for (int sector = 0; sector < PAGE_BYTES; sector += SECTOR_BYTES) {
                boolean isOld = mode == 0 || mode == 2 && random.nextBoolean();
                if (isOld) {
                    System.arraycopy(old, sector, page, sector, SECTOR_BYTES);
                }
            }
        }
    }
}
