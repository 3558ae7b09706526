/** Tests of the models' runner, of their documents, and of what ties them to the code. */
@NullMarked
package io.silo.specs;

import org.jspecify.annotations.NullMarked;
