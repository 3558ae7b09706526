/** Tests of the log: contract suites, faults, crash images. */
@NullMarked
package io.silo.log;

import org.jspecify.annotations.NullMarked;
