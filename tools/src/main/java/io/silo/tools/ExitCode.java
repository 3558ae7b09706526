package io.silo.tools;

/** What a command tells the shell. */
final class ExitCode {
    static final int OK = 0;

    /** The server, or a check, said no. */
    static final int REFUSED = 1;

    /** The command was not understood. */
    static final int USAGE = 2;

    /** No server answered. */
    static final int UNREACHABLE = 3;

    /** A log is damaged. */
    static final int DAMAGE = 4;

    /** A commit that was to be measured does not build. */
    static final int NOT_BUILT = 5;

    private ExitCode() {}
}
