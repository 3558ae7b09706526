package io.silo.tools;

import io.silo.client.FloatingLimit;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads a floating limit: {@code KEY=DEFAULT/INTERVAL}, and metadata behind commas. Stateless. */
final class FloatingConverter implements ITypeConverter<FloatingLimit> {
    /** What its option says of it. */
    static final String HELP =
            "Run only while fewer jobs of the tenant that name KEY do than a worker found out; it is asked again after each INTERVAL (10s,"
                    + " 5m), and until it answers DEFAULT counts. Behind commas, metadata for the worker: NAME=VALUE. Repeat for more.";

    @Override
    public FloatingLimit convert(String text) throws Exception {
        final String[] parts = text.split(",", -1);
        final int slash = parts[0].lastIndexOf('/');
        final int equals = slash < 0 ? -1 : parts[0].lastIndexOf('=', slash);
        if (equals <= 0) {
            throw failure(text);
        }
        final Map<String, String> metadata = new LinkedHashMap<>();
        for (int i = 1; i < parts.length; i++) {
            final int is = parts[i].indexOf('=');
            if (is <= 0) {
                throw failure(text);
            }
            metadata.put(parts[i].substring(0, is), parts[i].substring(is + 1));
        }
        try {
            final int max = Integer.parseInt(parts[0].substring(equals + 1, slash));
            if (max >= 0) {
                return new FloatingLimit(
                        parts[0].substring(0, equals),
                        max,
                        new TimeText.DurationConverter().convert(parts[0].substring(slash + 1)),
                        metadata);
            }
        } catch (NumberFormatException none) {
            // told below
        }
        throw failure(text);
    }

    private static TypeConversionException failure(String text) {
        return new TypeConversionException("'" + text
                + "' is no floating limit; one is a key, a default, and how often to find it out: api=10/1m");
    }
}
