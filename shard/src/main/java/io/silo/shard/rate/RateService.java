package io.silo.shard.rate;

/**
 * Where one shard asks rate limits that it does not keep itself. All methods are called on the shard's thread, never wait and do not
 * throw; what takes time happens elsewhere. A question is answered once, in any order, or never: the shard gives up after
 * {@link #answerMsMax}, and drops what comes later or answers nothing that it asked.
 */
public interface RateService {
    /** There is no service: the shard keeps the buckets itself. */
    RateService NONE = new RateService() {
        @Override
        public boolean ask(long askId, RateQuestion question) {
            return false;
        }

        @Override
        public int poll(Handler handler, int limit) {
            return 0;
        }

        @Override
        public long answerMsMax() {
            return 0;
        }
    };

    /**
     * Takes a question. Its text is copied before this returns.
     *
     * @param askId names the answer.
     * @return false if so many are under way that it was not taken: it is asked again in a later duty cycle.
     */
    boolean ask(long askId, RateQuestion question);

    /** Hands answers to the handler, at most {@code limit}. Returns how many. */
    int poll(Handler handler, int limit);

    /** Longest that an answer may take, ms; 0 = nobody answers here. */
    long answerMsMax();

    /** Takes answers. */
    @FunctionalInterface
    interface Handler {
        /** @param resetAtMs Unix epoch ms at which the limit begins anew, as the service has it; 0 = unknown. */
        void onAnswer(long askId, RateAnswer answer, long resetAtMs);
    }
}
