/**
 * The gRPC face: {@code silo.v1} and {@code silo.v2} for clients in any language, translated call by call onto the Java client. It holds no job, no lease and no
 * result, so a client may go from one gateway to another between two calls.
 */
@NullMarked
package io.silo.gateway;

import org.jspecify.annotations.NullMarked;
