/** Rate limits asked of a Gubernator: its wire, the batches in which it is asked, and the port through which a shard does so. */
@NullMarked
package io.silo.server.gubernator;

import org.jspecify.annotations.NullMarked;
