package io.silo.bench.run;

/** What a comparison says of a benchmark. */
public enum Verdict {
    /** The interval of the ratio lies on the better side of 1, and the ratio by more than {@link PairedRatio#EFFECT_MIN}. */
    FASTER("faster"),
    /** The same on the worse side. */
    SLOWER("slower"),
    /** It is narrow, and holds 1 or nearly. */
    NO_DIFFERENCE("no difference seen"),
    /** It holds 1 and much else. */
    TOO_NOISY("too noisy to tell");

    private final String text;

    Verdict(String text) {
        this.text = text;
    }

    /** For people. */
    public String text() {
        return text;
    }
}
