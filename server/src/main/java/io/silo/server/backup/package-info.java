/** Copies of a data directory, and new data directories made of them. */
@NullMarked
package io.silo.server.backup;

import org.jspecify.annotations.NullMarked;
