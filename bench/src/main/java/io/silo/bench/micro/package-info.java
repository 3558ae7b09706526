/** Small benchmarks, each with the question it answers and a baseline. */
@NullMarked
package io.silo.bench.micro;

import org.jspecify.annotations.NullMarked;
