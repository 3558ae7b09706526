package io.silo.protocol.session;

import java.util.concurrent.TimeUnit;

/**
 * Bounds of the sessions of one shard thread.
 *
 * @param sessionsMax open sessions.
 * @param sessionTimeoutNs longest silence of a client, in nanoseconds; also the time to the first message.
 * @param malformedFramesMax malformed frames that a session may send in its life.
 */
public record SessionLimits(int sessionsMax, long sessionTimeoutNs, int malformedFramesMax) {
    /** 1,024 sessions: an empty poll over as many Aeron images takes about 27 µs. */
    public static final int SESSIONS_MAX = 1_024;

    /** 10 s, Aeron's own time for a dead client; clients send something every 2 s. */
    public static final long SESSION_TIMEOUT_NS = TimeUnit.SECONDS.toNanos(10);

    /** 16: a correct client sends none; one with a bug gets enough answers to be understood. */
    public static final int MALFORMED_FRAMES_MAX = 16;

    public SessionLimits {
        if (sessionsMax < 1 || sessionTimeoutNs < 1 || malformedFramesMax < 0) {
            throw new IllegalArgumentException("Expected positive limits of sessions, but some are not.");
        }
    }

    /** The defaults above. */
    public static SessionLimits defaults() {
        return new SessionLimits(SESSIONS_MAX, SESSION_TIMEOUT_NS, MALFORMED_FRAMES_MAX);
    }
}
