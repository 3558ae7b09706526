package io.silo.simulation.model;

/** A client's 128-bit name of a request. */
record RequestId(long high, long low) {
    /** Nobody's. */
    static final RequestId NONE = new RequestId(0, 0);

    boolean isNone() {
        return equals(NONE);
    }
}
