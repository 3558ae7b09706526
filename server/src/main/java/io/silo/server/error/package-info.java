/** The operational errors of a server, numbered for ever. */
@NullMarked
package io.silo.server.error;

import org.jspecify.annotations.NullMarked;
