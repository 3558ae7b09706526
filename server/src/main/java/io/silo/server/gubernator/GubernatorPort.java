package io.silo.server.gubernator;

import io.silo.shard.rate.RateQuestion;
import io.silo.shard.rate.RateService;
import java.util.ArrayDeque;
import org.agrona.concurrent.ManyToOneConcurrentArrayQueue;
import org.agrona.concurrent.OneToOneConcurrentArrayQueue;
import org.jspecify.annotations.Nullable;

/**
 * Through which one shard asks {@link GubernatorClient}. The shard's thread asks and takes answers, the sender takes questions, any thread
 * answers. At most {@link #ASKS_MAX} are under way; does not allocate for a question once its row was used.
 */
public final class GubernatorPort implements RateService {
    /** Questions under way; as many as a shard ever asks at once. A power of two. */
    static final int ASKS_MAX = 1_024;

    private final GubernatorClient client;
    private final long answerMsMax;
    private final ArrayDeque<GubernatorAsk> free = new ArrayDeque<>(ASKS_MAX);
    private final OneToOneConcurrentArrayQueue<GubernatorAsk> asked = new OneToOneConcurrentArrayQueue<>(ASKS_MAX);
    private final ManyToOneConcurrentArrayQueue<GubernatorAsk> answered = new ManyToOneConcurrentArrayQueue<>(ASKS_MAX);

    /** @param answerMsMax longest that the client takes for an answer. */
    GubernatorPort(GubernatorClient client, long answerMsMax) {
        this.client = client;
        this.answerMsMax = answerMsMax;
        for (int i = 0; i < ASKS_MAX; i++) {
            free.add(new GubernatorAsk(this));
        }
    }

    @Override
    public boolean ask(long askId, RateQuestion question) {
        final GubernatorAsk ask = free.poll();
        if (ask == null) {
            return false;
        }
        ask.set(askId, question, System.nanoTime());
        if (!asked.offer(ask)) {
            throw new IllegalStateException("more is asked than there are questions");
        }
        client.onAsked();
        return true;
    }

    /** The next question; sender only. */
    @Nullable
    GubernatorAsk pollAsked() {
        return asked.poll();
    }

    /** Any thread. */
    void onAnswered(GubernatorAsk ask) {
        if (!answered.offer(ask)) {
            throw new IllegalStateException("more is answered than was asked");
        }
    }

    @Override
    public int poll(Handler handler, int limit) {
        int polled = 0;
        for (GubernatorAsk ask = answered.poll(); ask != null; ask = polled < limit ? answered.poll() : null) {
            polled++;
            final long askId = ask.askId;
            final var answer = ask.answer;
            final long resetAtMs = ask.resetAtMs;
            free.add(ask);
            handler.onAnswer(askId, answer, resetAtMs);
        }
        return polled;
    }

    @Override
    public long answerMsMax() {
        return answerMsMax;
    }
}
