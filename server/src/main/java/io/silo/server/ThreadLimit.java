package io.silo.server;

import io.silo.server.error.ServerErrorCode;
import io.silo.server.error.ServerException;
import org.jspecify.annotations.Nullable;

/** Tells that a start failed because the system gave the process no more threads: the JVM says it is out of memory then. Stateless. */
final class ThreadLimit {
    /** In a chain of causes; one may lead back to itself. */
    private static final int CAUSES_MAX = 16;

    private ThreadLimit() {}

    /** The refusal that stands for {@code failed}, or null if something else is the matter. */
    static @Nullable ServerException refusalOf(Throwable failed) {
        Throwable cause = failed;
        for (int i = 0; i < CAUSES_MAX && cause != null; i++) {
            if (cause instanceof OutOfMemoryError
                    && String.valueOf(cause.getMessage()).contains("native thread")) {
                return new ServerException(
                        ServerErrorCode.THREAD_LIMIT_TOO_LOW,
                        "The system lets this process start no more threads.",
                        "Raise the limit: ulimit -u 4096, or pids.max of its control group.",
                        failed);
            }
            cause = cause.getCause();
        }
        return null;
    }
}
