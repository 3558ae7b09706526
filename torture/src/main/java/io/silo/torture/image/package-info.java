/** Crash images of real log files: what a power loss at any moment may leave on the disk, built, recovered and checked. */
@NullMarked
package io.silo.torture.image;

import org.jspecify.annotations.NullMarked;
