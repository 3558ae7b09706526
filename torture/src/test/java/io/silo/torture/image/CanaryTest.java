package io.silo.torture.image;

import static org.assertj.core.api.Assertions.assertThat;

import io.silo.log.CycleDirectory;
import io.silo.log.CycleStore;
import io.silo.torture.image.ImageTotals.Count;
import java.io.IOException;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Bugs planted on purpose, each of which the tester has to find; it would be blind otherwise. */
class CanaryTest {
    private static final long SEEDS_MAX = 4;
    private static final long IMAGES_MAX = 200;

    @TempDir
    private Path directory;

    @Test
    void mustNoticeAnAcknowledgementBeforeTheSync() {
        Set<String> skipped = Set.of("sync", "beginSync", "awaitSync");
        demand(
                options().with(planted((store, name, arguments) -> skipped.contains(name) ? SKIPPED : null)),
                "after a power loss");
    }

    @Test
    void mustNoticeAPageThatASyncLeftOut() {
        demand(
                options().with(new DiskShadow.Liar() {
                    @Override
                    public int lostPage(Path file, byte[] before, byte[] now) {
                        if (!file.toString().endsWith(DiskMoment.CYCLE_FILE_SUFFIX) || before.length == 0) {
                            return -1;
                        }
                        int first = Arrays.mismatch(before, now);
                        return first < 0 || first >= now.length ? -1 : first / FileShadow.PAGE_BYTES;
                    }
                }),
                "after a power loss");
    }

    @Test
    void mustNoticeADirectoryThatIsNotSynced() {
        demand(
                options().with(new DiskShadow.Liar() {
                    @Override
                    public boolean isDirectoryForgotten(Path path) {
                        return path.endsWith("cycles");
                    }
                }),
                "the cycle is missing");
    }

    @Test
    void mustNoticeARecoveryThatChecksNoCrc() {
        // One whose torn record ends the scan is lost, which is right too and shows less: then the next seed is tried.
        demand(options().with(new NaiveRecovery(true)), "with other bytes", "is lost, but durable");
    }

    @Test
    void mustNoticeARecoveryThatTakesStaleRecords() {
        demand(options().with(new NaiveRecovery(false)), "was found, but");
    }

    @Test
    void mustNoticeAnAppendToTheCycleOfAnEarlierOpening() {
        demand(options().with((UnaryOperator<CycleStore>) CanaryTest::reopening), "");
    }

    private ImageOptions options() {
        return ImageOptions.of(TestDirectory.in(directory), false, IMAGES_MAX);
    }

    @AfterEach
    void remove() throws IOException {
        ImageVerifier.delete(TestDirectory.in(directory));
    }

    private static void demand(ImageOptions options, String sentence) {
        demand(options, sentence, "nothing else");
    }

    private static void demand(ImageOptions options, String sentence, String other) {
        var totals = new ImageTotals();
        for (long seed = 1; seed <= SEEDS_MAX; seed++) {
            try {
                ImageRun.run(seed, options, totals);
            } catch (ImageFailure e) {
                System.out.println("seed " + seed + ", image " + totals.get(Count.IMAGES) + ": " + e.getMessage());
                if (String.valueOf(e.getMessage()).contains(other)) {
                    continue;
                }
                assertThat(e).hasMessageContaining(sentence);
                return;
            }
        }
        throw new AssertionError("not noticed in " + totals.get(Count.IMAGES) + " images");
    }

    // ---- stores that break a promise

    private static final Object SKIPPED = new Object();

    /** What a planted bug does instead of a call: a result, {@link #SKIPPED}, or null to leave it to the store. */
    private interface Bug {
        @Nullable
        Object instead(CycleStore store, String name, Object[] arguments) throws IOException;
    }

    private static UnaryOperator<CycleStore> planted(Bug bug) {
        return store -> {
            InvocationHandler handler = (proxy, method, arguments) -> {
                Object[] given = arguments == null ? new Object[0] : arguments;
                Object result = bug.instead(store, method.getName(), given);
                if (result != null) {
                    return result == SKIPPED ? null : result;
                }
                try {
                    return method.invoke(store, given);
                } catch (InvocationTargetException e) {
                    throw e.getCause();
                }
            };
            return (CycleStore) Proxy.newProxyInstance(
                    CanaryTest.class.getClassLoader(), new Class<?>[] {CycleStore.class}, handler);
        };
    }

    /** Appends behind the end of the newest cycle that is there when it is opened, if there is one with records. */
    private static CycleStore reopening(CycleStore store) {
        long[] cycles = store.cycles();
        Path old = cycles.length == 0
                ? null
                : new CycleDirectory(Path.of(store.name())).cycleFile(cycles[cycles.length - 1]);
        if (old == null) {
            return store;
        }
        return planted((real, name, arguments) -> {
                    if (!name.equals("append")) {
                        return null;
                    }
                    byte[] payload = new byte[(int) arguments[2]];
                    ((DirectBuffer) arguments[0]).getBytes((int) arguments[1], payload);
                    byte[] bytes = new byte[1 << 20];
                    try (var stream = Files.newInputStream(old)) {
                        stream.readNBytes(bytes, 0, bytes.length);
                    }
                    int end = DiskMoment.Documents.end(bytes);
                    ByteBuffer document =
                            ByteBuffer.allocate(4 + payload.length).order(ByteOrder.LITTLE_ENDIAN);
                    document.putInt(payload.length).put(payload).flip();
                    try (FileChannel channel = FileChannel.open(old, StandardOpenOption.WRITE)) {
                        channel.write(document, end);
                        channel.force(false);
                    }
                    return (long) end + 4;
                })
                .apply(store);
    }
}
