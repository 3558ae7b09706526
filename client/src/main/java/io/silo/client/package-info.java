/** The Java client: enqueue jobs, read them, await their results, and work on them. Begin at {@link io.silo.client.SiloClient}. */
@NullMarked
package io.silo.client;

import org.jspecify.annotations.NullMarked;
