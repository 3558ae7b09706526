/** Tests of the crash image tester. */
@NullMarked
package io.silo.torture.image;

import org.jspecify.annotations.NullMarked;
