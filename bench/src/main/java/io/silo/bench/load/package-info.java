/** The canonical load: whole lifecycles of jobs against a running server, from a process of its own. */
@NullMarked
package io.silo.bench.load;

import org.jspecify.annotations.NullMarked;
