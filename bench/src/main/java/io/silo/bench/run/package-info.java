/** Runs the suites against the build of a commit, and two commits against each other. */
@NullMarked
package io.silo.bench.run;

import org.jspecify.annotations.NullMarked;
