/**
 * The in-memory structures of one shard: rows, names, indexes, timers and ready tasks, all owned by the shard thread.
 */
@NullMarked
package io.silo.shard.state;

import org.jspecify.annotations.NullMarked;
