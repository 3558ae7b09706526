/** Connections between simulated clients and brokers, and what may happen to messages on them. */
@NullMarked
package io.silo.simulation.network;

import org.jspecify.annotations.NullMarked;
