/** Canaries: bugs planted into the parts of a simulated broker, each of which the simulator has to find. */
@NullMarked
package io.silo.simulation.canary;

import org.jspecify.annotations.NullMarked;
