/** Which node owns which shard under which epoch; here the coordinator of a single node. */
@NullMarked
package io.silo.server.assignment;

import org.jspecify.annotations.NullMarked;
