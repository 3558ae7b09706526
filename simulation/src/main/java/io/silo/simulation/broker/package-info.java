/** One broker's process on a simulated disk: real shards, real framing and recovery, the real session logic. */
@NullMarked
package io.silo.simulation.broker;

import org.jspecify.annotations.NullMarked;
