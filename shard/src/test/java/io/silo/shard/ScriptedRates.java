package io.silo.shard;

import io.silo.shard.rate.RateAnswer;
import io.silo.shard.rate.RateQuestion;
import io.silo.shard.rate.RateService;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.agrona.DirectBuffer;

/** A rate limit service as a test wants it: fixed windows and their counters (RATE-12), and all that can go wrong on the way. */
final class ScriptedRates implements RateService {
    static final long ANSWER_MS_MAX = 10_000;

    record Ask(
            long id,
            String tenant,
            String name,
            String key,
            long hits,
            long hitsMax,
            long durationMs,
            long burst,
            int flags,
            boolean leaky) {}

    /** An answer that is under way. */
    record Answer(long id, RateAnswer answer, long resetAtMs) {}

    private static final class Window {
        long hits;
        long resetAtMs;
    }

    private final LongSupplier wallMs;
    private final Map<String, Window> windows = new HashMap<>();

    /** All questions ever taken. */
    final List<Ask> asked = new ArrayList<>();

    /** Answers that let pass, by the name of the limit. */
    final Map<String, Integer> passes = new HashMap<>();

    /** Questions without an answer. */
    final Deque<Ask> open = new ArrayDeque<>();

    final Deque<Answer> answers = new ArrayDeque<>();

    /** Questions that may be open. */
    int openMax = Integer.MAX_VALUE;

    /** Nothing is answered while it is set. */
    boolean isHeld;

    /** Every answer is an error while it is set. */
    boolean isGone;

    ScriptedRates(LongSupplier wallMs) {
        this.wallMs = wallMs;
    }

    @Override
    public boolean ask(long askId, RateQuestion question) {
        if (open.size() >= openMax) {
            return false;
        }
        Ask ask = new Ask(
                askId,
                text(question.tenant()),
                text(question.name()),
                text(question.key()),
                question.hits(),
                question.hitsMax(),
                question.durationMs(),
                question.burst(),
                question.flags(),
                question.isLeaky());
        asked.add(ask);
        open.add(ask);
        return true;
    }

    private static String text(DirectBuffer buffer) {
        byte[] bytes = new byte[buffer.capacity()];
        buffer.getBytes(0, bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    @Override
    public int poll(Handler handler, int limit) {
        if (!isHeld) {
            answerAll();
        }
        int polled = 0;
        for (; polled < limit && !answers.isEmpty(); polled++) {
            Answer next = answers.poll();
            handler.onAnswer(next.id(), next.answer(), next.resetAtMs());
        }
        return polled;
    }

    /** Answers what is open, as it stands. */
    void answerAll() {
        while (!open.isEmpty()) {
            answer(open.poll());
        }
    }

    private void answer(Ask ask) {
        if (isGone) {
            answers.add(new Answer(ask.id(), RateAnswer.ERROR, 0));
            return;
        }
        long nowMs = wallMs.getAsLong();
        Window window = windows.computeIfAbsent(ask.tenant() + ":" + ask.name() + ":" + ask.key(), k -> new Window());
        if (window.resetAtMs < nowMs) {
            window.hits = 0;
            window.resetAtMs = nowMs + ask.durationMs();
        }
        boolean isUnder = window.hits + ask.hits() <= ask.hitsMax();
        window.hits += isUnder ? ask.hits() : 0;
        if (isUnder) {
            passes.merge(ask.name(), 1, Integer::sum);
        }
        answers.add(new Answer(ask.id(), isUnder ? RateAnswer.PASS : RateAnswer.OVER, window.resetAtMs));
    }

    /** Gives the oldest open question this answer. */
    void answerNext(RateAnswer answer, long resetAtMs) {
        answers.add(new Answer(open.remove().id(), answer, resetAtMs));
    }

    @Override
    public long answerMsMax() {
        return ANSWER_MS_MAX;
    }
}
