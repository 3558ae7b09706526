package io.silo.shard.rate;

/** What a {@link RateService} says to a question. */
public enum RateAnswer {
    /** The hits are taken: the job may start. */
    PASS,
    /** There are not enough hits now, and none are taken. */
    OVER,
    /** There is no answer, or one that cannot be trusted; hits may be taken or not. It never lets a job pass. */
    ERROR
}
