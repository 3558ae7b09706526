package io.silo.tools;

import io.silo.server.config.ConfigLoader;
import io.silo.server.config.ServerConfig;
import io.silo.server.config.Settings;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options that name a server's configuration. */
final class ConfigOptions {
    @Option(
            names = "--config",
            paramLabel = "FILE",
            description = "Configuration in TOML; without it, defaults and SILO_… variables.")
    private @Nullable Path config;

    @Option(names = "--data", paramLabel = "DIR", description = "The data directory (default ./silo-data).")
    private @Nullable Path data;

    /** Loads the configuration. */
    ServerConfig load() {
        final Map<String, String> options = new HashMap<>();
        if (data != null) {
            options.put(Settings.DATABASE_PATH.name(), data.toString());
        }
        return ConfigLoader.load(config, System.getenv(), options);
    }

    /** What was loaded, for people. */
    String name() {
        return config == null ? "defaults and variables" : config.toString();
    }
}
