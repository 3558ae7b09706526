/** The formal models of Silo, and what runs them. */
@NullMarked
package io.silo.specs;

import org.jspecify.annotations.NullMarked;
