/** What runs of benchmarks measured, file by file: their format, what changed over time, and the page that shows it. */
@NullMarked
package io.silo.bench.history;

import org.jspecify.annotations.NullMarked;
