package io.silo.server;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.JsonEncoder;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.encoder.Encoder;
import io.silo.server.config.LogFormat;
import io.silo.server.config.LogLevel;
import java.util.List;
import org.slf4j.LoggerFactory;

/** Sets up the process's log lines. Called once, by the program's main thread, before anything else logs. */
public final class ServerLogging {
    /** Libraries that announce themselves: only their warnings are of use. */
    private static final List<String> TALKATIVE = List.of("net.openhft", "io.aeron", "org.agrona", "io.prometheus");

    private static final String SERVER_PATTERN = "%d{yyyy-MM-dd'T'HH:mm:ss.SSSXXX} %-5level [%thread] %msg%n";
    private static final String COMMAND_PATTERN = "warning: %msg%n%nopex";

    private ServerLogging() {}

    /** Lines of a server, on standard output. */
    public static void ofServer(LogFormat format, LogLevel level) {
        final LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
        final Encoder<ILoggingEvent> encoder =
                format == LogFormat.JSON ? new JsonEncoder() : pattern(context, SERVER_PATTERN);
        install(context, encoder, "System.out", Level.toLevel(level.name()));
    }

    /** Lines of a command of the command line: warnings alone, on standard error, without stack traces. */
    public static void ofCommand() {
        final LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
        install(context, pattern(context, COMMAND_PATTERN), "System.err", Level.WARN);
        for (String talkative : TALKATIVE) {
            context.getLogger(talkative).setLevel(Level.ERROR);
        }
    }

    /** Lets only errors of a package through. */
    public static void quiet(String packageName) {
        ((LoggerContext) LoggerFactory.getILoggerFactory())
                .getLogger(packageName)
                .setLevel(Level.ERROR);
    }

    private static PatternLayoutEncoder pattern(LoggerContext context, String pattern) {
        final PatternLayoutEncoder encoder = new PatternLayoutEncoder();
        encoder.setContext(context);
        encoder.setPattern(pattern);
        return encoder;
    }

    private static void install(LoggerContext context, Encoder<ILoggingEvent> encoder, String target, Level level) {
        context.reset();
        encoder.setContext(context);
        encoder.start();
        final ConsoleAppender<ILoggingEvent> console = new ConsoleAppender<>();
        console.setContext(context);
        console.setTarget(target);
        console.setEncoder(encoder);
        console.start();
        final Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        root.setLevel(level);
        root.addAppender(console);
        for (String talkative : TALKATIVE) {
            context.getLogger(talkative).setLevel(Level.WARN);
        }
    }
}
