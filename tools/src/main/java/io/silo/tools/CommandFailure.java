package io.silo.tools;

/** A command ends without success: what is said to the user, and the exit code. */
final class CommandFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String name;
    private final String hint;
    private final int exitCode;

    /**
     * @param name stable name of the error, shown in brackets.
     * @param sentence what happened.
     * @param hint what to do; may be empty.
     */
    CommandFailure(int exitCode, String name, String sentence, String hint) {
        super(sentence, null, false, false); // no stack trace is ever shown
        this.name = name;
        this.hint = hint;
        this.exitCode = exitCode;
    }

    static CommandFailure usage(String sentence, String hint) {
        return new CommandFailure(ExitCode.USAGE, "USAGE", sentence, hint);
    }

    String name() {
        return name;
    }

    String sentence() {
        return String.valueOf(getMessage());
    }

    String hint() {
        return hint;
    }

    int exitCode() {
        return exitCode;
    }
}
