/** Which benchmarks there are, and how much of each a suite runs. */
@NullMarked
package io.silo.bench;

import org.jspecify.annotations.NullMarked;
