/** What a shard knows, in fixed rows and small indexes. Read through {@code ShardView}; changed only by appliers. */
@NullMarked
package io.silo.shard.state;

import org.jspecify.annotations.NullMarked;
