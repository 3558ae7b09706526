package io.silo.torture.kill;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What a run of kills added up to. Filled by the thread that runs it. */
public final class KillReport {
    /** One round in so many may be void; a run with more proves too little. */
    private static final int VOID_ONE_IN = 5;

    /** So many void rounds are chance in any run. */
    private static final int VOID_ALWAYS = 2;

    private final Map<String, Long> bySite = new TreeMap<>();
    private final List<String> failures = new ArrayList<>();
    private long rounds;
    private long kills;
    private long acknowledged;
    private long checked;
    private long voids;
    private long trims;

    void killed(String site) {
        kills++;
        bySite.merge(site, 1L, Long::sum);
    }

    void round(long acknowledgedCommands, long checkedJobs, boolean isVoid) {
        rounds++;
        acknowledged += acknowledgedCommands;
        checked += checkedJobs;
        voids += isVoid ? 1 : 0;
    }

    void trimmed() {
        trims++;
    }

    void failed(String sentence) {
        failures.add(sentence);
    }

    /** Processes started. */
    public long rounds() {
        return rounds;
    }

    /** Processes that were killed; the others came to an end before. */
    public long kills() {
        return kills;
    }

    /** Kills by site; those at a random moment under {@code random}. */
    public Map<String, Long> bySite() {
        return bySite;
    }

    /** Commands that were answered as accepted and held against what was found. */
    public long acknowledged() {
        return acknowledged;
    }

    /** Jobs looked at after kills, each time again. */
    public long checked() {
        return checked;
    }

    /** Rounds that did too little before they were killed, or missed the site they were to die at. */
    public long voids() {
        return voids;
    }

    /** Rounds after which the log began later than before. */
    public long trims() {
        return trims;
    }

    public List<String> failures() {
        return failures;
    }

    /** Whether nothing failed, and enough of the rounds did enough. */
    public boolean isPassed() {
        return failures.isEmpty() && kills > 0 && voids <= Math.max(VOID_ALWAYS, rounds / VOID_ONE_IN);
    }
}
