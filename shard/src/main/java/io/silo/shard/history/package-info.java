/** A job as the log tells it: its definition, its attempts, its payload and results, read backwards along its chain. */
@NullMarked
package io.silo.shard.history;

import org.jspecify.annotations.NullMarked;
