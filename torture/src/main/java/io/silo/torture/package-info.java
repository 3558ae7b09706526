/** Real logs and real servers, broken on purpose: crash images of real files, processes killed at named and at random points. */
@NullMarked
package io.silo.torture;

import org.jspecify.annotations.NullMarked;
