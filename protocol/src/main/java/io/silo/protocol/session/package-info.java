/** Sessions without any transport: authentication, scopes, time-outs and the check of every frame, as live server and simulator run them. */
@NullMarked
package io.silo.protocol.session;

import org.jspecify.annotations.NullMarked;
