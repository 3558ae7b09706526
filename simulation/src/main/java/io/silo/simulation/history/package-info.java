/** What clients of a broker saw, in order, and the checker that finds in it what no correct broker could have answered. */
@NullMarked
package io.silo.simulation.history;

import org.jspecify.annotations.NullMarked;
