package io.silo.bench.run;

/** A benchmark or a build cannot be run; the message is a sentence for the user. */
public final class BenchException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final boolean isBuild;

    private BenchException(String sentence, boolean isBuild) {
        super(sentence);
        this.isBuild = isBuild;
    }

    /** A benchmark has no score; others may have. */
    static BenchException ofBenchmark(String sentence) {
        return new BenchException(sentence, false);
    }

    /** A commit does not build. */
    static BenchException ofBuild(String sentence) {
        return new BenchException(sentence, true);
    }

    /** True if a commit does not build. */
    public boolean isBuild() {
        return isBuild;
    }
}
