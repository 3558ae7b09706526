package io.silo.server;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/** The version of this build. Stateless; any thread. */
public final class ServerVersion {
    private static final String VERSION = read();

    private ServerVersion() {}

    /** As in the build's project file, for example {@code 0.1.0}. */
    public static String current() {
        return VERSION;
    }

    private static String read() {
        try (InputStream in = ServerVersion.class.getResourceAsStream("version.properties")) {
            if (in == null) {
                throw new IllegalStateException("the build left out version.properties");
            }
            final Properties properties = new Properties();
            properties.load(in);
            return properties.getProperty("version", "");
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }
}
