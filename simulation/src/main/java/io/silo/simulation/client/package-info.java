/** Simulated producers and workers: they call, time out, repeat, crash and reconnect, and write down what they saw. */
@NullMarked
package io.silo.simulation.client;

import org.jspecify.annotations.NullMarked;
