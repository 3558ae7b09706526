/** Scenarios: who works with a broker, what may go wrong, and what must have come of it. */
@NullMarked
package io.silo.simulation.scenario;

import org.jspecify.annotations.NullMarked;
