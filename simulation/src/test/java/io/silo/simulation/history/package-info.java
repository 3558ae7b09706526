/** Tests of the checker of histories: histories written by hand, and histories of a small correct broker and of broken ones. */
@NullMarked
package io.silo.simulation.history;

import org.jspecify.annotations.NullMarked;
