/** The server's configuration: TOML file, environment, defaults, and one clear sentence for whatever is wrong with them. */
@NullMarked
package io.silo.server.config;

import org.jspecify.annotations.NullMarked;
