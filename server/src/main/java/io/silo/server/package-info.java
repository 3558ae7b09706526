/** The server process: joins log, shards, transport and metrics on one data directory. */
@NullMarked
package io.silo.server;

import org.jspecify.annotations.NullMarked;
