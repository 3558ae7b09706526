package io.silo.transport;

import io.silo.protocol.session.ServerHello;
import io.silo.protocol.session.SessionLimits;
import io.silo.protocol.session.TokenTable;
import org.agrona.concurrent.NanoClock;
import org.agrona.concurrent.SystemNanoClock;
import org.jspecify.annotations.Nullable;

/** Everything an {@link AeronIngress} is given. Built on one thread, then not changed. */
public final class IngressContext {
    /**
     * 1 MiB of replies may wait for one session, beside the half mebibyte that its publication holds: a thousand grants of a
     * worker that stalls for a moment.
     */
    public static final int PENDING_BYTES_MAX = 1 << 20;

    /** 64 MiB may wait for all sessions of a thread together: 64 of them stalled to their bound. */
    public static final long PENDING_BYTES_TOTAL_MAX = 64L << 20;

    /** 64 connections beyond the sessions may be about to say Hello, or about to read why they were refused. */
    public static final int CONNECTIONS_SPARE = 64;

    final int thread;
    final TokenTable tokens;
    final ServerHello hello;
    int baseStream = Channels.BASE_STREAM;
    boolean ipc = true;

    @Nullable
    String udpEndpoint;

    @Nullable
    String udpControl;

    SessionLimits limits = SessionLimits.defaults();
    int pendingBytesMax = PENDING_BYTES_MAX;
    long pendingBytesTotalMax = PENDING_BYTES_TOTAL_MAX;
    NanoClock clock = SystemNanoClock.INSTANCE;
    Standstills standstills = (sinceNs, nowNs) -> true;

    /** Judges a standstill of the shard thread. */
    public interface Standstills {
        /** Whether the whole process may have stood still with it, so that clients have given it up. Shard threads. */
        boolean isWholeProcess(long sinceNs, long nowNs);
    }

    /**
     * @param thread number of the shard thread, from 0; its ingress stream is the base stream plus this.
     * @param tokens whom to let in.
     * @param hello what to tell them.
     */
    public IngressContext(int thread, TokenTable tokens, ServerHello hello) {
        this.thread = thread;
        this.tokens = tokens;
        this.hello = hello;
    }

    /** Stream of shard thread 0; default {@link Channels#BASE_STREAM}. */
    public IngressContext baseStream(int stream) {
        baseStream = stream;
        return this;
    }

    /** Whether to listen on shared memory; default true. */
    public IngressContext ipc(boolean enabled) {
        ipc = enabled;
        return this;
    }

    /**
     * Listens on UDP too; default not.
     *
     * @param endpoint {@code host:port} that clients send to.
     * @param control {@code host:port} over which clients ask for their replies.
     */
    public IngressContext udp(String endpoint, String control) {
        udpEndpoint = endpoint;
        udpControl = control;
        return this;
    }

    /** Bounds of sessions. */
    public IngressContext limits(SessionLimits sessionLimits) {
        limits = sessionLimits;
        return this;
    }

    /** Bounds of replies that wait, in bytes: for one session, and for all of the thread. */
    public IngressContext pendingBytes(int perSession, long total) {
        pendingBytesMax = perSession;
        pendingBytesTotalMax = total;
        return this;
    }

    /** Whose standstill it was when the shard thread stood still; default the whole process's. */
    public IngressContext standstills(Standstills judge) {
        standstills = judge;
        return this;
    }

    /** Monotonic clock, read once a poll. */
    public IngressContext clock(NanoClock nanoClock) {
        clock = nanoClock;
        return this;
    }
}
