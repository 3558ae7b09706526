package io.silo.torture.image;

import io.silo.log.DiskObserver;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * What a power loss would leave of a log's directory, as far as it was promised: for each file the bytes of its last completed sync, for
 * each directory the names. Any thread; one at a time takes a moment or records a sync, so that nobody relies on a sync that a moment
 * did not see.
 */
final class DiskShadow implements DiskObserver {
    /** Lets a test plant a disk or a store that breaks its promise. */
    interface Liar {
        Liar NONE = new Liar() {};

        /** A page that the sync did not write, or -1. */
        default int lostPage(Path file, byte[] before, byte[] now) {
            return -1;
        }

        /** Whether the sync of the directory was left out. */
        default boolean isDirectoryForgotten(Path directory) {
            return false;
        }
    }

    private final Path root;
    private final Liar liar;
    private final Map<Path, FileShadow> files = new TreeMap<>();
    private final Map<Path, Set<String>> names = new TreeMap<>();
    private volatile Consumer<String> sites = site -> {};

    /** Takes everything that is in the directory for durable. */
    DiskShadow(Path root, Liar liar) throws IOException {
        this.root = root;
        this.liar = liar;
        Files.createDirectories(root);
        try (var walk = Files.walk(root)) {
            for (Path path : (Iterable<Path>) walk::iterator) {
                if (Files.isDirectory(path)) {
                    names.put(path, list(path));
                } else if (isOfInterest(path)) {
                    file(path).synced(Liar.NONE);
                }
            }
        }
    }

    /** Told of every step that changes what is promised, on the thread that made it. */
    void sites(Consumer<String> listener) {
        sites = listener;
    }

    @Override
    public void onFileSynced(Path path) {
        try {
            synchronized (this) {
                file(path).synced(liar);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        sites.accept("disk.file");
    }

    @Override
    public void onDirectorySynced(Path directory) {
        try {
            synchronized (this) {
                if (!liar.isDirectoryForgotten(directory)) {
                    names.put(directory, list(directory));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        sites.accept("disk.directory");
    }

    @Override
    public void onNameChanged(Path path) {
        sites.accept("disk.name");
    }

    /** The moment as it is now. */
    synchronized DiskMoment moment(int unitBytes) {
        try {
            var entries = new ArrayList<DiskMoment.Name>();
            addNames(root, entries);
            var states = new ArrayList<DiskMoment.Content>();
            for (DiskMoment.Name name : entries) {
                if (name.isDirectory()) {
                    continue;
                }
                FileShadow file = file(root.resolve(name.path()));
                if (name.isLive()) {
                    file.observe();
                }
                states.add(new DiskMoment.Content(
                        name.path(), file.durable(), file.later(), file.durableSize(), file.liveSize()));
            }
            return new DiskMoment(entries, states, unitBytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** All that files held in their last state: where stale bytes come from. */
    synchronized List<byte[]> contents() {
        return files.entrySet().stream()
                .filter(entry -> entry.getKey().toString().endsWith(DiskMoment.CYCLE_FILE_SUFFIX))
                .map(entry -> entry.getValue().live())
                .toList();
    }

    private void addNames(Path directory, List<DiskMoment.Name> entries) throws IOException {
        Set<String> durable = names.getOrDefault(directory, Set.of());
        Set<String> live = list(directory);
        var all = new TreeSet<String>(durable);
        all.addAll(live);
        for (String name : all) {
            Path path = directory.resolve(name);
            boolean isDirectory = names.containsKey(path) || Files.isDirectory(path);
            if (isDirectory || isOfInterest(path)) {
                entries.add(new DiskMoment.Name(
                        root.relativize(path).toString(), isDirectory, durable.contains(name), live.contains(name)));
                if (isDirectory && !name.endsWith(".deleted")) {
                    addNames(path, entries);
                }
            }
        }
    }

    private FileShadow file(Path path) {
        return files.computeIfAbsent(path, FileShadow::new);
    }

    private static boolean isOfInterest(Path path) {
        String name = String.valueOf(path.getFileName());
        return name.equals(DiskMoment.MARK_NAME) || name.endsWith(DiskMoment.CYCLE_FILE_SUFFIX);
    }

    private static Set<String> list(Path directory) throws IOException {
        try (var listed = Files.newDirectoryStream(directory)) {
            var found = new TreeSet<String>();
            listed.forEach(path -> found.add(String.valueOf(path.getFileName())));
            return found;
        } catch (NoSuchFileException | NotDirectoryException gone) {
            return Set.of();
        }
    }
}
