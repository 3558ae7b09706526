/** The data directory: its lock, its identity and the small files that are there whole or not at all. */
@NullMarked
package io.silo.server.data;

import org.jspecify.annotations.NullMarked;
