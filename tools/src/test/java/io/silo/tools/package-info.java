/** Tests of the command line. */
@NullMarked
package io.silo.tools;

import org.jspecify.annotations.NullMarked;
