/** Aeron between client and shard thread: the server's ingress and replies, and the raw client of one shard thread. */
@NullMarked
package io.silo.transport;

import org.jspecify.annotations.NullMarked;
