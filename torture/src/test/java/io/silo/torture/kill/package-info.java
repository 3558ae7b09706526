/** Few kills at each site, and bugs planted that the checker must catch. */
@NullMarked
package io.silo.torture.kill;

import org.jspecify.annotations.NullMarked;
