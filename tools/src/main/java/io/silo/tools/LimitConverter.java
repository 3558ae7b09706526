package io.silo.tools;

import io.silo.client.ConcurrencyLimit;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads a concurrency limit: {@code KEY=MAX}; the key may hold more of the sign. Stateless. */
final class LimitConverter implements ITypeConverter<ConcurrencyLimit> {
    /** What its option says of it. */
    static final String HELP =
            "Run only while fewer than MAX jobs of the tenant that name KEY do; 0 = never. Repeat for more, up to 16.";

    @Override
    public ConcurrencyLimit convert(String text) {
        final int equals = text.lastIndexOf('=');
        try {
            final int max = Integer.parseInt(text.substring(equals + 1));
            if (equals > 0 && max >= 0) {
                return new ConcurrencyLimit(text.substring(0, equals), max);
            }
        } catch (NumberFormatException none) {
            // told below
        }
        throw new TypeConversionException("'" + text + "' is no limit; one is a key and how many may run: api=10");
    }
}
