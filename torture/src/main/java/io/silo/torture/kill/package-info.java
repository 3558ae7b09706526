/** Kills real processes at named points and at random moments, and holds what is found again against what was told. */
@NullMarked
package io.silo.torture.kill;

import org.jspecify.annotations.NullMarked;
