package io.silo.bench.service;

import io.silo.client.Durability;
import io.silo.client.Job;
import io.silo.client.JobHandle;
import io.silo.client.JobRequest;
import io.silo.client.Payload;
import io.silo.client.SiloClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.util.concurrent.TimeUnit;
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
 * How long does one call take that nothing else disturbs, through the Java client, to a whole server and back?
 *
 * <p>{@code enqueue} waits for its durability, {@code getJob} reads one job. Baselines: {@code echo}, a bare Aeron round trip of as many bytes over
 * the server's media driver, and {@code plainSync}, a write and force of a plain file beside the log. Expected: durable over shared memory under
 * 1 ms in the middle, and within 1.5 times {@code plainSync} and a round trip; appended a few times {@code echo}, whose difference is
 * that server and client sleep when nothing comes.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(2)
@Warmup(iterations = 3, time = 3)
@Measurement(iterations = 5, time = 3)
@SuppressWarnings("NullAway.Init") // JMH calls the set-up before anything else.
public class RoundTripBenchmark {
    private static final int PAYLOAD_BYTES = 256;
    private static final int MESSAGE_BYTES = 400; // an enqueue with such a payload

    /** The way to the server. */
    public enum Transport {
        IPC,
        UDP
    }

    @Param
    public Transport transport = Transport.IPC;

    @Param({"APPENDED", "DURABLE"})
    public Durability durability = Durability.APPENDED;

    private final Payload payload = Payload.raw(new byte[PAYLOAD_BYTES]);
    private BenchServer server;
    private SiloClient client;
    private AeronEcho echo;
    private PlainSync file;
    private String jobId;

    /** Starts the server and both ends. */
    @Setup
    public void start() {
        server = BenchServer.open();
        client = transport == Transport.IPC ? server.ipcClient(durability) : server.udpClient(durability);
        file = new PlainSync(server.directory(), MESSAGE_BYTES);
        final String directory = server.address().aeronDirectory();
        echo = transport == Transport.IPC
                ? new AeronEcho(directory, "aeron:ipc", "aeron:ipc", MESSAGE_BYTES)
                : new AeronEcho(directory, freeUdp(), freeUdp(), MESSAGE_BYTES);
        jobId = enqueue().id();
    }

    private static String freeUdp() {
        try (DatagramSocket socket = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
            return "aeron:udp?endpoint=127.0.0.1:" + socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A job enqueued and acknowledged. */
    @Benchmark
    public JobHandle enqueue() {
        return client.enqueue(JobRequest.to("group").payload(payload).build());
    }

    /** A job read, with its payload. */
    @Benchmark
    public Job getJob() {
        return client.getJob(jobId);
    }

    /** Baseline: a message sent and sent back. */
    @Benchmark
    public long echo() {
        return echo.call();
    }

    /** Baseline: as many bytes written and synced. */
    @Benchmark
    public long plainSync() {
        return file.appendAndSync();
    }

    /** Stops all. */
    @TearDown
    public void stop() {
        echo.close();
        client.close();
        file.close();
        server.close();
    }
}
