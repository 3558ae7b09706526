package io.silo.tools;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Says what became of the jobs of a pipeline. Stateless. */
final class BatchReport {
    private BatchReport() {}

    /** Puts counts and the first refusals into an answer in JSON. */
    static void fill(ObjectNode node, JobPipeline<?> pipeline) {
        node.put("refused", pipeline.refused());
        final ArrayNode refusals = node.putArray("refusals");
        for (JobPipeline.Refusal refusal : pipeline.refusals()) {
            final ObjectNode entry = refusals.addObject();
            entry.put("line", refusal.line());
            entry.put("id", refusal.jobId());
            entry.put("code", refusal.reason().name());
            entry.put("message", refusal.reason().sentence());
            if (refusal.attempt() > 0) {
                entry.put("attempt", refusal.attempt());
            }
            if (refusal.heldBy() != null) {
                entry.put("held_by", refusal.heldBy());
            }
        }
    }

    /** Who has the unique key, as a sentence behind another; empty if it is not known. */
    static String holder(@Nullable String heldBy) {
        return heldBy == null ? "" : " It is job " + heldBy + ".";
    }

    /** Names the first refusals, one a line. */
    static void refusals(JobPipeline<?> pipeline, PrintWriter err) {
        for (JobPipeline.Refusal refusal : pipeline.refusals()) {
            err.println("error: Line " + refusal.line() + " was refused: "
                    + (refusal.attempt() > 0 ? "attempt " + refusal.attempt() + ": " : "")
                    + ClientConnection.sentence(refusal.reason().sentence()) + holder(refusal.heldBy()) + " ["
                    + refusal.reason().name() + "]");
        }
        if (pipeline.refused() > pipeline.refusals().size()) {
            err.println(String.format(
                    Locale.ROOT,
                    "error: %,d more were refused.",
                    pipeline.refused() - pipeline.refusals().size()));
        }
        err.flush();
    }
}
