/** The port to a service that answers rate limits in the shard's stead. */
@NullMarked
package io.silo.shard.rate;

import org.jspecify.annotations.NullMarked;
