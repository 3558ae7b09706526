package io.silo.torture.image;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * A log's directory at one moment with everything that a power loss leaves open: names that were not synced, lengths, and for each page
 * (or sector) every content it had since its file was synced. A choice picks one of each; by it an image is written. Immutable.
 */
final class DiskMoment {
    static final String MARK_NAME = "durable.mark";
    static final String CYCLE_FILE_SUFFIX = ".cq4";

    /** A name in a directory, relative to the log's: as the last sync of the directory left it, and as it is. */
    record Name(String path, boolean isDirectory, boolean isDurable, boolean isLive) {
        private boolean isOpen() {
            return isDurable != isLive;
        }
    }

    /** A file: contents of its last sync and since, oldest first, and its lengths. */
    record Content(String path, byte[] durable, List<byte[]> later, long durableSize, long liveSize) {
        private boolean isSizeOpen() {
            return durableSize != liveSize;
        }
    }

    /** A page or sector with more than one possible content; the first is the durable one, the last the newest. */
    private record Unit(int file, int offset, List<byte[]> contents) {}

    /** More than the longest record of the workload. */
    private static final int ZEROS_KEPT = 256 * 1024;

    private final List<Name> names;
    private final List<Content> files;
    private final List<Unit> units = new ArrayList<>();
    private final int unitBytes;
    private final int[] radices;

    DiskMoment(List<Name> names, List<Content> files, int unitBytes) {
        this.names = names;
        this.files = files;
        this.unitBytes = unitBytes;
        for (int i = 0; i < files.size(); i++) {
            addUnits(i, files.get(i));
        }
        radices = new int[names.size() + files.size() + units.size()];
        for (int i = 0; i < radices.length; i++) {
            radices[i] = i < names.size()
                    ? (names.get(i).isOpen() ? 2 : 1)
                    : i < names.size() + files.size()
                            ? (files.get(i - names.size()).isSizeOpen() ? 2 : 1)
                            : units.get(i - names.size() - files.size())
                                    .contents()
                                    .size();
        }
    }

    private void addUnits(int index, Content file) {
        if (file.later().isEmpty()) {
            return;
        }
        int end = file.durable().length;
        for (byte[] content : file.later()) {
            end = Math.max(end, content.length);
        }
        for (int at = 0; at < end; at += unitBytes) {
            var contents = new ArrayList<byte[]>();
            contents.add(slice(file.durable(), at));
            for (byte[] content : file.later()) {
                byte[] one = slice(content, at);
                contents.subList(1, contents.size()).removeIf(other -> Arrays.equals(other, one));
                if (!(contents.size() == 1 && Arrays.equals(contents.get(0), one))) {
                    contents.add(one);
                }
            }
            if (contents.size() > 1) {
                units.add(new Unit(index, at, contents));
            }
        }
    }

    private byte[] slice(byte[] bytes, int at) {
        return at >= bytes.length ? new byte[unitBytes] : Arrays.copyOfRange(bytes, at, at + unitBytes);
    }

    /** How many alternatives each of the open things has. */
    int[] radices() {
        return radices;
    }

    /** Pages or sectors that are not durable in their newest state. */
    int openUnits() {
        return units.size();
    }

    /** Names that are not durable as they are. */
    int openNames() {
        return (int) names.stream().filter(Name::isOpen).count();
    }

    /** Whether the choice has a name otherwise than it is. */
    boolean isNameLost(int[] choice) {
        for (int i = 0; i < names.size(); i++) {
            if (names.get(i).isOpen() && choice[i] == 0) {
                return true;
            }
        }
        return false;
    }

    /** Equal for moments that have the same images. */
    long signature() {
        long signature = names.hashCode();
        for (Content file : files) {
            signature = signature * 31 + Arrays.hashCode(file.durable());
            signature = signature * 31 + file.durableSize() + file.liveSize();
            for (byte[] content : file.later()) {
                signature = signature * 31 + Arrays.hashCode(content);
            }
        }
        return signature;
    }

    /** Images that there are, capped. */
    long combinations(long cap) {
        long product = 1;
        for (int radix : radices) {
            product *= radix;
            if (product > cap) {
                return cap + 1;
            }
        }
        return product;
    }

    /** What a killed process leaves: everything as it is. */
    int[] live() {
        int[] choice = new int[radices.length];
        for (int i = 0; i < choice.length; i++) {
            choice[i] = radices[i] - 1;
        }
        return choice;
    }

    /** The next choice in counting order; false behind the last. */
    boolean advance(int[] choice) {
        for (int i = choice.length - 1; i >= 0; i--) {
            if (++choice[i] < radices[i]) {
                return true;
            }
            choice[i] = 0;
        }
        return false;
    }

    /** A choice by chance, in one of the ways that disks are known to lose things. */
    int[] draw(SplittableRandom random) {
        int[] choice = new int[radices.length];
        int way = random.nextInt(6);
        int base = names.size() + files.size();
        int eighths = 1 + random.nextInt(7);
        int from = units.isEmpty() ? 0 : random.nextInt(units.size());
        int to = from + 1 + random.nextInt(8);
        for (int i = 0; i < choice.length; i++) {
            int newest = radices[i] - 1;
            int any = random.nextInt(radices[i]);
            boolean isUnit = i >= base;
            choice[i] = switch (way) {
                case 0 -> isUnit ? 0 : any;
                case 1 -> isUnit ? newest : any;
                case 2 -> isUnit && i - base < from ? 0 : newest; // the newest kept, older ones dropped
                case 3 -> isUnit && (i - base < from || i - base >= to) ? newest : any; // one region torn
                case 4 -> random.nextInt(8) < eighths ? newest : any;
                default -> any;
            };
        }
        return choice;
    }

    /**
     * Writes the image.
     *
     * @param stale documents that are put behind the end of every cycle's file, or null.
     * @param isWhole whether files get their whole length; else no more than {@link #ZEROS_KEPT} of the zeros at their end. A cycle is
     *     8 MiB long and hardly a hundredth of it used: reading the rest is nine tenths of a recovery, and finds nothing.
     */
    void write(int[] choice, Path target, byte @Nullable [] stale, boolean isWhole) throws IOException {
        var absent = new ArrayList<String>();
        var present = new HashSet<String>();
        Files.createDirectories(target);
        for (int i = 0; i < names.size(); i++) {
            Name name = names.get(i);
            boolean isThere = choice[i] == 0 && name.isOpen() ? name.isDurable() : name.isLive();
            if (!isThere || absent.stream().anyMatch(parent -> name.path().startsWith(parent + "/"))) {
                absent.add(name.path());
            } else if (name.isDirectory()) {
                Files.createDirectories(target.resolve(name.path()));
            } else {
                present.add(name.path());
            }
        }
        for (int i = 0; i < files.size(); i++) {
            if (present.contains(files.get(i).path())) {
                writeFile(choice, i, target, stale, isWhole);
            }
        }
    }

    private void writeFile(int[] choice, int index, Path target, byte @Nullable [] stale, boolean isWhole)
            throws IOException {
        Content file = files.get(index);
        int base = names.size() + files.size();
        int used = file.durable().length;
        for (byte[] content : file.later()) {
            used = Math.max(used, content.length);
        }
        byte[] bytes = Arrays.copyOf(file.durable(), used + unitBytes);
        for (int i = 0; i < units.size(); i++) {
            Unit unit = units.get(i);
            if (unit.file() == index && choice[base + i] > 0) {
                System.arraycopy(unit.contents().get(choice[base + i]), 0, bytes, unit.offset(), unitBytes);
            }
        }
        if (stale != null && file.path().endsWith(CYCLE_FILE_SUFFIX)) {
            bytes = withStale(bytes, stale);
        }
        long size = file.isSizeOpen() && choice[names.size() + index] == 0 ? file.durableSize() : file.liveSize();
        if (!isWhole) {
            size = Math.min(size, bytes.length + ZEROS_KEPT);
        }
        int count = (int) Math.min(bytes.length, size);
        try (FileChannel channel = FileChannel.open(
                target.resolve(file.path()), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            ByteBuffer source = ByteBuffer.wrap(bytes, 0, count);
            while (source.hasRemaining()) {
                channel.write(source);
            }
            if (size > count) {
                channel.write(ByteBuffer.wrap(new byte[1]), size - 1);
            }
        }
    }

    private static byte[] withStale(byte[] bytes, byte[] stale) {
        int end = Documents.end(bytes);
        byte[] more = Arrays.copyOf(bytes, Math.max(bytes.length, end + stale.length));
        for (int i = 0; i < stale.length; i++) {
            // Only where nothing is: what the log wrote itself stays.
            if (more[end + i] == 0) {
                more[end + i] = stale[i];
            }
        }
        return more;
    }

    /** The framing of a cycle's file, as {@code CycleStore} describes it. */
    static final class Documents {
        private static final int LENGTH_MASK = 0x3FFF_FFFF;
        private static final int META = 0x4000_0000;
        private static final int INCOMPLETE = 0x8000_0000;

        private Documents() {}

        /** Length of the document at this offset, or -1 at the end. */
        static int length(byte[] bytes, int at) {
            if (at + Integer.BYTES > bytes.length) {
                return -1;
            }
            int header = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getInt(at);
            int length = header & LENGTH_MASK;
            return header == 0 || (header & INCOMPLETE) != 0 || length > bytes.length - at ? -1 : length;
        }

        static boolean isMeta(byte[] bytes, int at) {
            return (ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getInt(at) & META) != 0;
        }

        static int next(int at, int length) {
            return at + Integer.BYTES + length + 3 & ~3;
        }

        /** Where the first header is that is not there in full. */
        static int end(byte[] bytes) {
            int at = 0;
            for (int length = length(bytes, at); length >= 0; length = length(bytes, at)) {
                at = next(at, length);
            }
            return Math.min(at, bytes.length);
        }

        /** Offsets of the documents that are not the store's own. */
        static List<Integer> starts(byte[] bytes) {
            var starts = new ArrayList<Integer>();
            int at = 0;
            for (int length = length(bytes, at); length >= 0; length = length(bytes, at)) {
                if (!isMeta(bytes, at)) {
                    starts.add(at);
                }
                at = next(at, length);
            }
            return starts;
        }
    }
}
