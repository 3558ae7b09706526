package io.silo.gateway;

import io.grpc.Status;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedFrame;
import jdk.jfr.consumer.RecordingFile;

/** Profiles the process by the JVM's flight recorder, one profile at a time; others wait their turn. Any thread. */
final class Profiler implements AutoCloseable {
    private static final String CPU = "jdk.ExecutionSample";
    private static final String HEAP = "jdk.ObjectAllocationSample";

    /** Profiles that wait; one takes up to five minutes. */
    private static final int WAITING_MAX = 8;

    /** How soon a caller who has gone is noticed. */
    private static final long LOOK_MS = 50;

    private final ThreadPoolExecutor executor =
            new ThreadPoolExecutor(0, 1, 10, TimeUnit.SECONDS, new ArrayBlockingQueue<>(WAITING_MAX), task -> {
                final Thread thread = new Thread(task, "silo-profile");
                thread.setDaemon(true);
                return thread;
            });

    /** A profile in pprof's format, compressed, and how many samples it has. */
    record Result(byte[] pprof, long samples) {}

    /**
     * Where the process spends its time.
     *
     * @param isCancelled whether nobody waits for it any more.
     */
    CompletableFuture<Result> cpu(Duration length, int frequency, BooleanSupplier isCancelled) {
        final Duration period = Duration.ofNanos(TimeUnit.SECONDS.toNanos(1) / frequency);
        return submit(() -> {
            final PprofBuilder profile = new PprofBuilder("cpu", "nanoseconds", period.toNanos());
            try (Recording recording = new Recording()) {
                recording.enable(CPU).withPeriod(period);
                return record(recording, CPU, length, isCancelled, profile, event -> period.toNanos());
            }
        });
    }

    /** Where the process allocates. */
    CompletableFuture<Result> heap(Duration length, BooleanSupplier isCancelled) {
        return submit(() -> {
            final PprofBuilder profile = new PprofBuilder("alloc_space", "bytes", 0);
            try (Recording recording = new Recording()) {
                recording.enable(HEAP).with("throttle", "1000/s");
                return record(recording, HEAP, length, isCancelled, profile, event -> event.getLong("weight"));
            }
        });
    }

    private interface Profiling {
        Result run() throws IOException, InterruptedException;
    }

    private interface Weight {
        long of(RecordedEvent event);
    }

    private CompletableFuture<Result> submit(Profiling profiling) {
        final CompletableFuture<Result> result = new CompletableFuture<>();
        try {
            executor.execute(() -> {
                try {
                    result.complete(profiling.run());
                } catch (Exception failed) { // of the recorder: it is told to the caller
                    result.completeExceptionally(failed);
                }
            });
        } catch (RejectedExecutionException full) {
            result.completeExceptionally(Status.RESOURCE_EXHAUSTED
                    .withDescription("profiles are taken one at a time, and " + WAITING_MAX + " wait already")
                    .asRuntimeException());
        }
        return result;
    }

    private static Result record(
            Recording recording,
            String event,
            Duration length,
            BooleanSupplier isCancelled,
            PprofBuilder profile,
            Weight weight)
            throws IOException, InterruptedException {
        final Instant startedAt = Instant.now();
        final long untilNs = System.nanoTime() + length.toNanos();
        recording.start();
        while (System.nanoTime() < untilNs && !isCancelled.getAsBoolean()) {
            Thread.sleep(LOOK_MS);
        }
        recording.stop();
        final Path file = Files.createTempFile("silo-profile", ".jfr");
        try {
            recording.dump(file);
            try (RecordingFile events = new RecordingFile(file)) {
                while (events.hasMoreEvents()) {
                    final RecordedEvent next = events.readEvent();
                    if (next.getEventType().getName().equals(event) && next.getStackTrace() != null) {
                        final List<RecordedFrame> stack = next.getStackTrace().getFrames();
                        profile.add(stack, weight.of(next));
                    }
                }
            }
        } catch (UncheckedIOException unreadable) {
            throw unreadable.getCause();
        } finally {
            Files.delete(file);
        }
        return new Result(profile.build(startedAt, length), profile.samples());
    }

    /** What is under way ends soon, without an answer. */
    @Override
    public void close() {
        executor.shutdownNow();
    }
}
