/** The bytes that client and shard agree on, the reasons a command is refused, and the ports between transport and shard. */
@NullMarked
package io.silo.protocol;

import org.jspecify.annotations.NullMarked;
