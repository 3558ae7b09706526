package io.silo.server.config;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * One key of the configuration: its name, type, bounds, default and meaning. All of them stand in {@link Settings}.
 * Immutable; any thread.
 *
 * @param <T> type of the value.
 */
public final class Setting<T> {
    private final String section;
    private final String key;
    private final String type;
    private final T defaultValue;
    private final String meaning;
    private final Function<Object, T> reader;

    private Setting(String name, String type, T defaultValue, String meaning, Function<Object, T> reader) {
        final int dot = name.indexOf('.');
        this.section = name.substring(0, dot);
        this.key = name.substring(dot + 1);
        this.type = type;
        this.defaultValue = defaultValue;
        this.meaning = meaning;
        this.reader = reader;
    }

    static Setting<Long> number(String name, long defaultValue, long min, long max, String meaning) {
        final String type = "a whole number from " + min + " to " + max;
        return new Setting<>(name, type, defaultValue, meaning, value -> {
            final long number;
            if (value instanceof Long whole) {
                number = whole;
            } else if (value instanceof String text) {
                number = parseLong(text, type);
            } else {
                throw new IllegalArgumentException("must be " + type + ", not " + describe(value));
            }
            if (number < min || number > max) {
                throw new IllegalArgumentException("must be " + type + ", not " + number);
            }
            return number;
        });
    }

    static Setting<Boolean> flag(String name, boolean defaultValue, String meaning) {
        return new Setting<>(name, "true or false", defaultValue, meaning, value -> {
            if (value instanceof Boolean flag) {
                return flag;
            }
            if ("true".equals(value) || "false".equals(value)) {
                return "true".equals(value);
            }
            throw new IllegalArgumentException("must be true or false, not " + describe(value));
        });
    }

    static Setting<String> text(String name, String defaultValue, String meaning) {
        return new Setting<>(name, "text", defaultValue, meaning, Setting::asText);
    }

    static Setting<HostPort> address(String name, String defaultValue, String meaning) {
        return new Setting<>(name, "host:port", HostPort.parse(defaultValue), meaning, value -> {
            try {
                return HostPort.parse(asText(value));
            } catch (IllegalArgumentException wrong) {
                throw new IllegalArgumentException("must be host:port: " + wrong.getMessage(), wrong);
            }
        });
    }

    /** An address, or empty text for none. */
    static Setting<String> addressOrNone(String name, String meaning) {
        return new Setting<>(name, "host:port, or empty", "", meaning, value -> {
            final String text = asText(value);
            try {
                return text.isEmpty() ? text : HostPort.parse(text).toString();
            } catch (IllegalArgumentException wrong) {
                throw new IllegalArgumentException("must be host:port, or empty: " + wrong.getMessage(), wrong);
            }
        });
    }

    static <E extends Enum<E>> Setting<E> choice(String name, Class<E> choices, E defaultValue, String meaning) {
        final List<E> all = Arrays.asList(choices.getEnumConstants());
        final String type = all.stream().map(Setting::show).collect(Collectors.joining(", ", "one of ", ""));
        return new Setting<>(
                name,
                type,
                defaultValue,
                meaning,
                value -> all.stream()
                        .filter(choice -> show(choice).equals(value))
                        .findFirst()
                        .orElseThrow(
                                () -> new IllegalArgumentException("must be " + type + ", not " + describe(value))));
    }

    private static long parseLong(String text, String type) {
        try {
            return Long.parseLong(text.strip());
        } catch (NumberFormatException notANumber) {
            throw new IllegalArgumentException("must be " + type + ", not '" + text + "'", notANumber);
        }
    }

    private static String asText(Object value) {
        if (value instanceof String text) {
            return text;
        }
        throw new IllegalArgumentException("must be text in quotes, not " + describe(value));
    }

    private static String describe(Object value) {
        return value instanceof String text ? "'" + text + "'" : String.valueOf(value);
    }

    /** As the value stands in a configuration file, without quotes. */
    static String show(Object value) {
        return value instanceof Enum<?> choice ? choice.name().toLowerCase(Locale.ROOT) : String.valueOf(value);
    }

    /** Section of the file, as in {@code server}. */
    public String section() {
        return section;
    }

    /** Key in its section. */
    public String key() {
        return key;
    }

    /** {@code section.key}. */
    public String name() {
        return section + "." + key;
    }

    /** Environment variable that goes before the file: {@code SILO_SECTION_KEY}. */
    public String environmentName() {
        return "SILO_" + section.toUpperCase(Locale.ROOT) + "_" + key.toUpperCase(Locale.ROOT);
    }

    /** Type and bounds in words. */
    public String type() {
        return type;
    }

    public T defaultValue() {
        return defaultValue;
    }

    /** One sentence for people. */
    public String meaning() {
        return meaning;
    }

    /**
     * Reads a value as TOML gave it, or text from the environment.
     *
     * @throws IllegalArgumentException with a half sentence that follows the key's name.
     */
    T read(Object value) {
        return reader.apply(value);
    }

    @Override
    public String toString() {
        return name();
    }
}
