/** Carry-forward: images of what is live are appended again, so that old cycles can be trimmed. */
@NullMarked
package io.silo.shard.carry;

import org.jspecify.annotations.NullMarked;
