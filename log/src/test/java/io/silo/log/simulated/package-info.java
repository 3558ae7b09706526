/** Tests of the log on a simulated disk. */
@NullMarked
package io.silo.log.simulated;

import org.jspecify.annotations.NullMarked;
