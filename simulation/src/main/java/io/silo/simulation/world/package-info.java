/** Virtual time, chance and the trace of one run: what every simulated part shares. */
@NullMarked
package io.silo.simulation.world;

import org.jspecify.annotations.NullMarked;
