package io.silo.shard;

/** Where time comes from. */
public interface Clock {
    /** Unix epoch ms; may jump either way. */
    long wallMs();

    /** Never runs backwards while the machine is up; arbitrary origin. */
    long nanoTime();
}
