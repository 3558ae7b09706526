/** Cycles on Chronicle Queue: the only package that knows it. Everything but the factory is package-private. */
@NullMarked
package io.silo.log.chronicle;

import org.jspecify.annotations.NullMarked;
