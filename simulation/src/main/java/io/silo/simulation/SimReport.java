package io.silo.simulation;

import io.silo.simulation.world.Fault;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What came of a run.
 *
 * @param verdict whether it passed.
 * @param invariant name of what was broken; null unless it failed.
 * @param sentence what was seen; empty if it passed.
 * @param simulatedMs virtual time that passed.
 * @param acknowledged jobs that were acknowledged.
 * @param finished jobs seen terminal.
 * @param lives of the broker's process.
 * @param messages that arrived.
 * @param checks invariants looked at.
 * @param faults how often each fault struck.
 * @param faultCount occasions at which a fault struck or was left out.
 * @param traceHash of all lines of the trace.
 * @param lastLines end of the trace.
 */
public record SimReport(
        SimPlan plan,
        Verdict verdict,
        @Nullable String invariant,
        String sentence,
        long simulatedMs,
        long acknowledged,
        long finished,
        long lives,
        long messages,
        long checks,
        Map<Fault, Long> faults,
        long faultCount,
        long traceHash,
        List<String> lastLines) {
    /** How a run can end. */
    public enum Verdict {
        /** Nothing was broken and work was done. */
        PASSED,
        /** Something was broken. */
        FAILED,
        /** Nothing was broken, but too little was done to prove anything. */
        VOID
    }

    public boolean isPassed() {
        return verdict == Verdict.PASSED;
    }

    /** Seed, invariant, the trace's end and the command that repeats it, for people. */
    public String describe() {
        StringBuilder text = new StringBuilder();
        text.append("seed ")
                .append(plan.seed())
                .append(", scenario ")
                .append(plan.scenario().name())
                .append(": ")
                .append(
                        verdict == Verdict.FAILED
                                ? "broke " + invariant
                                : verdict.name().toLowerCase(java.util.Locale.ROOT));
        if (!sentence.isEmpty()) {
            text.append("\n  ").append(sentence);
        }
        if (verdict == Verdict.FAILED) {
            text.append("\n  last lines of the trace:");
            lastLines.forEach(line -> text.append("\n    ").append(line));
        }
        return text.append("\n  again: ").append(plan.command()).toString();
    }
}
