/** The durable log of one shard: records, their checksum chain, cycles, group commit and recovery. Knows bytes, no jobs. */
@NullMarked
package io.silo.log;

import org.jspecify.annotations.NullMarked;
