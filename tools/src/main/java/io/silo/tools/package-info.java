/** The command line: every command with its options, its messages and its exit code. */
@NullMarked
package io.silo.tools;

import org.jspecify.annotations.NullMarked;
