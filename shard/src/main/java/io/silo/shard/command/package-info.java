/** Command to events: one decider per command. */
@NullMarked
package io.silo.shard.command;

import org.jspecify.annotations.NullMarked;
