package io.silo.shard.command;

import org.agrona.DirectBuffer;

/**
 * Decides one command against the state: events into the record, or a refusal. One instance per shard; holds flyweights only.
 *
 * <p>The message was checked for structure before: its header, block, groups and data lie inside {@code length}.
 */
@FunctionalInterface
public interface CommandDecider {
    /** @param offset of the SBE message header. */
    void decide(CommandContext context, DirectBuffer buffer, int offset, int length);
}
