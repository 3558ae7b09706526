/** A disk in memory, page by page with sync barriers, and a cycle store on it: the twin of Chronicle for tests and the simulator. */
@NullMarked
package io.silo.log.simulated;

import org.jspecify.annotations.NullMarked;
