/** Tests of the log on Chronicle Queue, in temporary directories. */
@NullMarked
package io.silo.log.chronicle;

import org.jspecify.annotations.NullMarked;
