/** The few questions that are asked of git, through its command. */
@NullMarked
package io.silo.bench.git;

import org.jspecify.annotations.NullMarked;
