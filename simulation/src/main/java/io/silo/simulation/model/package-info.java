/** A naive second shard: what commands and events must lead to, by lists and loops instead of indexes. */
@NullMarked
package io.silo.simulation.model;

import org.jspecify.annotations.NullMarked;
