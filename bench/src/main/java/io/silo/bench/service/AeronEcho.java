package io.silo.bench.service;

import io.aeron.Aeron;
import io.aeron.FragmentAssembler;
import io.aeron.Publication;
import io.aeron.Subscription;
import io.aeron.logbuffer.FragmentHandler;
import io.aeron.logbuffer.Header;
import java.util.concurrent.TimeUnit;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.AgentRunner;
import org.agrona.concurrent.BackoffIdleStrategy;
import org.agrona.concurrent.IdleStrategy;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A thread that sends back what it gets, and its other end: a round trip with nothing behind it, over the media driver of a server. Used by one
 * thread besides its own; a call does not allocate.
 */
final class AeronEcho implements AutoCloseable {
    private static final int REQUESTS = 9_001; // streams that no server uses
    private static final int ANSWERS = 9_002;
    private static final int POLL_LIMIT = 16;
    private static final long TIMEOUT_NS = TimeUnit.SECONDS.toNanos(10);

    private final Aeron aeron;
    private final Publication requests;
    private final Subscription answers;
    private final AgentRunner echo;
    private final UnsafeBuffer message;
    private final FragmentHandler onAnswer = this::onAnswer;
    private final IdleStrategy idle = idle();
    private long received;

    /** Why the echo does not answer. */
    private volatile @Nullable Throwable failure;

    /** @param channel of requests; that of answers is the other. */
    AeronEcho(String aeronDirectory, String channel, String answerChannel, int messageBytes) {
        message = new UnsafeBuffer(new byte[messageBytes]);
        aeron = Aeron.connect(new Aeron.Context().aeronDirectoryName(aeronDirectory));
        final Subscription requestsIn = aeron.addSubscription(channel, REQUESTS);
        answers = aeron.addSubscription(answerChannel, ANSWERS);
        final Publication answersOut = aeron.addExclusivePublication(answerChannel, ANSWERS);
        requests = aeron.addExclusivePublication(channel, REQUESTS);
        final FragmentHandler sendBack = new FragmentAssembler((buffer, offset, length, header) -> {
            while (answersOut.offer(buffer, offset, length) < 0
                    && !Thread.currentThread().isInterrupted()) {
                Thread.onSpinWait();
            }
        });
        echo = new AgentRunner(idle(), failed -> failure = failed, null, new Agent() {
            @Override
            public int doWork() {
                return requestsIn.poll(sendBack, POLL_LIMIT);
            }

            @Override
            public String roleName() {
                return "echo";
            }
        });
        AgentRunner.startOnThread(echo);
    }

    /** As a server and its clients wait. */
    private static IdleStrategy idle() {
        return new BackoffIdleStrategy(20, 50, 1_000, 50_000);
    }

    private void onAnswer(DirectBuffer buffer, int offset, int length, Header header) {
        received++;
    }

    /** Sends a message and waits for its echo. */
    long call() {
        final long deadlineNs = System.nanoTime() + TIMEOUT_NS;
        final long target = received + 1;
        while (requests.offer(message) < 0) {
            awaitNext(deadlineNs, 0);
        }
        while (received < target) {
            awaitNext(deadlineNs, answers.poll(onAnswer, POLL_LIMIT));
        }
        idle.reset();
        return received;
    }

    private void awaitNext(long deadlineNs, int work) {
        if (System.nanoTime() - deadlineNs > 0) {
            throw new IllegalStateException("no echo came", failure);
        }
        idle.idle(work);
    }

    @Override
    public void close() {
        echo.close();
        aeron.close();
    }
}
