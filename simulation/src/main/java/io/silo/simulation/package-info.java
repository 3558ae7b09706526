/** Whole clusters on one thread in virtual time: the real shard, log framing and session logic, with every fault from a seed. */
@NullMarked
package io.silo.simulation;

import org.jspecify.annotations.NullMarked;
