package io.silo.specs;

/** A model cannot be read, or is not Alloy. The message is one sentence that names the model and the line. */
public final class SpecException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    SpecException(String sentence, Throwable cause) {
        super(sentence, cause);
    }
}
