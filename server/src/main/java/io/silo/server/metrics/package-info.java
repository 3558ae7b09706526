/** What a running server shows: Prometheus metrics, health and the baselines of its data directory, over HTTP. */
@NullMarked
package io.silo.server.metrics;

import org.jspecify.annotations.NullMarked;
