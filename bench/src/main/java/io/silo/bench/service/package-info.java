/** Benchmarks of whole servers, as clients see them, each with the question it answers and a baseline. */
@NullMarked
package io.silo.bench.service;

import org.jspecify.annotations.NullMarked;
