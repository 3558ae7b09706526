package io.silo.client;

/** How an attempt ended, as its handler says. Immutable; any thread. */
public final class TaskResult {
    enum Kind {
        SUCCESS,
        FAILURE,
        CANCELLED
    }

    final Kind kind;
    final String errorCode;
    final Payload data;

    private TaskResult(Kind kind, String errorCode, Payload data) {
        this.kind = kind;
        this.errorCode = errorCode;
        this.data = data;
    }

    /** The attempt succeeded, without a result. */
    public static TaskResult success() {
        return success(Payload.EMPTY);
    }

    /** The attempt succeeded with a text as its result. */
    public static TaskResult success(String text) {
        return success(Payload.text(text));
    }

    /** The attempt succeeded with a result. */
    public static TaskResult success(Payload result) {
        return new TaskResult(Kind.SUCCESS, "", result);
    }

    /**
     * The attempt failed; the job's retry policy says what follows.
     *
     * @param errorCode 1 to 256 bytes of UTF-8 without control characters, for programs.
     * @param data for people.
     */
    public static TaskResult fail(String errorCode, Payload data) {
        return new TaskResult(Kind.FAILURE, errorCode, data);
    }

    /** As {@link #fail(String, Payload)}, with text. */
    public static TaskResult fail(String errorCode, String data) {
        return fail(errorCode, Payload.text(data));
    }

    /** The attempt was given up because its job is to be cancelled. */
    public static TaskResult cancelled() {
        return new TaskResult(Kind.CANCELLED, "", Payload.EMPTY);
    }

    @Override
    public String toString() {
        return "TaskResult[" + kind + (errorCode.isEmpty() ? "" : " " + errorCode) + ", " + data + "]";
    }
}
