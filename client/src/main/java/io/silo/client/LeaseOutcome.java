package io.silo.client;

/**
 * How an attempt ended.
 *
 * @param lease of the attempt.
 * @param result a snooze is none.
 */
public record LeaseOutcome(LeaseId lease, TaskResult result) {
    /** @throws IllegalArgumentException of a snooze. */
    public LeaseOutcome {
        if (result.kind == TaskResult.Kind.SNOOZE) {
            throw new IllegalArgumentException("A snooze is no outcome.");
        }
    }
}
