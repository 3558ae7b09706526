package io.silo.bench.service;

import io.silo.client.Durability;
import io.silo.client.EnqueueResult;
import io.silo.client.Job;
import io.silo.client.JobRequest;
import io.silo.client.Payload;
import io.silo.client.SiloClient;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * How long does it take to read a job with its payload: one that was enqueued just now, and any of many in the cycles of a server that was
 * started again?
 *
 * <p>Shared memory, Java client; nothing is written while it runs. {@code hot} lies in the memory of the shard's log; {@code cold} is read by the helper
 * thread from a file, which the kernel may have in its cache or not: that is the machine's business. The baseline reads as many bytes at
 * random places of a file of that log. Expected: hot within 1 ms, cold within a few ms of it on a disk, the same from the kernel's cache.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(2)
@Warmup(iterations = 3, time = 3)
@Measurement(iterations = 5, time = 3)
@SuppressWarnings("NullAway.Init") // JMH calls the set-up before anything else.
public class PayloadReadBenchmark {
    private static final int BATCH = 1_024;

    /** Jobs that the log has. */
    @Param("200000")
    public int stored = 200_000;

    /** Bytes of each payload. */
    @Param({"256", "16384"})
    public int payloadBytes = 256;

    private final SplittableRandom random = new SplittableRandom(3);
    private final List<String> ids = new ArrayList<>();
    private BenchServer server;
    private SiloClient client;
    private FileChannel file;
    private ByteBuffer chunk;
    private String hotId;

    /** Fills the log, starts the server again, and enqueues the hot job. */
    @Setup
    public void start() throws IOException {
        server = BenchServer.open();
        final byte[] bytes = new byte[payloadBytes];
        random.nextBytes(bytes);
        final Payload payload = Payload.raw(bytes);
        try (SiloClient first = server.ipcClient(Durability.APPENDED)) {
            for (int done = 0; done < stored; done += BATCH) {
                final List<JobRequest> jobs = new ArrayList<>(BATCH);
                for (int i = done; i < Math.min(stored, done + BATCH); i++) {
                    jobs.add(JobRequest.to("payloads").payload(payload).build());
                }
                for (final EnqueueResult result : first.enqueueAll(jobs)) {
                    ids.add(result.jobId());
                }
            }
        }
        server.restart();
        client = server.ipcClient(Durability.APPENDED);
        hotId = client.enqueue(JobRequest.to("payloads").payload(payload).build())
                .id();
        file = FileChannel.open(largestFile(), StandardOpenOption.READ);
        chunk = ByteBuffer.allocateDirect(payloadBytes);
    }

    private Path largestFile() throws IOException {
        try (Stream<Path> files = Files.walk(server.directory())) {
            return files.filter(Files::isRegularFile)
                    .max((one, other) ->
                            Long.compare(one.toFile().length(), other.toFile().length()))
                    .orElseThrow();
        }
    }

    /** The job that was enqueued last. */
    @Benchmark
    public Job hot() {
        return client.getJob(hotId);
    }

    /** Any job from before the start. */
    @Benchmark
    public Job cold() {
        return client.getJob(ids.get(random.nextInt(ids.size())));
    }

    /** Baseline: as many bytes of one of the log's files. */
    @Benchmark
    public int plainRead() throws IOException {
        chunk.clear();
        return file.read(chunk, random.nextLong(Math.max(1, file.size() - payloadBytes)));
    }

    /** Stops all. */
    @TearDown
    public void stop() throws IOException {
        file.close();
        client.close();
        server.close();
    }
}
