/** Queries in SQL over what the shards have now: a client of the Java client, which plans with Calcite. */
@NullMarked
package io.silo.sql;

import org.jspecify.annotations.NullMarked;
