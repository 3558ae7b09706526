package io.silo.bench.history;

/** A file is no run that can be read; the message says why, without the file's name. */
public final class RunFormatException extends Exception {
    private static final long serialVersionUID = 1L;

    RunFormatException(String reason) {
        super(reason);
    }
}
