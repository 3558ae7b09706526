package io.silo.server.config;

import io.silo.protocol.session.AccessToken;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** The settings in force, where each came from, and the tokens. Made by {@link ConfigLoader}. Immutable; any thread. */
public final class ServerConfig {
    private static final String SECRET = "(set)";

    private final Map<Setting<?>, Object> values;
    private final Map<Setting<?>, String> origins;
    private final List<AccessToken> tokens;
    private final List<String> warnings;

    ServerConfig(
            Map<Setting<?>, Object> values,
            Map<Setting<?>, String> origins,
            List<AccessToken> tokens,
            List<String> warnings) {
        this.values = Map.copyOf(values);
        this.origins = Map.copyOf(origins);
        this.tokens = List.copyOf(tokens);
        this.warnings = List.copyOf(warnings);
    }

    /** Value in force of a setting. */
    @SuppressWarnings("unchecked") // The loader stores under a setting only what that setting's reader returned.
    public <T> T value(Setting<T> setting) {
        final Object value = values.get(setting);
        return value == null ? setting.defaultValue() : (T) value;
    }

    /** Value in force of a number that fits an int by its bounds. */
    public int intValue(Setting<Long> setting) {
        return Math.toIntExact(value(setting));
    }

    /** Where a setting's value came from: {@code default}, a line of the file, a variable, an option. */
    public String origin(Setting<?> setting) {
        return origins.getOrDefault(setting, "default");
    }

    /** The value as text for people; secrets are not shown. */
    public String shown(Setting<?> setting) {
        final String text = Setting.show(value(setting));
        return Settings.SECRET.contains(setting) && !text.isEmpty() ? SECRET : text;
    }

    /** Tokens that open the server; empty = it is open, on loopback only. */
    public List<AccessToken> tokens() {
        return tokens;
    }

    /** Things that are odd but not wrong, one sentence each. */
    public List<String> warnings() {
        return warnings;
    }

    /** The data directory, absolute. */
    public Path dataDirectory() {
        return Path.of(value(Settings.DATABASE_PATH)).toAbsolutePath().normalize();
    }
}
