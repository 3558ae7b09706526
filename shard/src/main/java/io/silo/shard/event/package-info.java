/** Event to state: one applier per event version, and the record that events are written into. */
@NullMarked
package io.silo.shard.event;

import org.jspecify.annotations.NullMarked;
