/** One shard thread and its shards: commands in, records onto the log, replies out. Pure but for the ports it is given. */
@NullMarked
package io.silo.shard;

import org.jspecify.annotations.NullMarked;
