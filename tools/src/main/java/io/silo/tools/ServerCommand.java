package io.silo.tools;

import io.silo.server.ServerLogging;
import io.silo.server.SiloServer;
import io.silo.server.config.ServerConfig;
import io.silo.server.config.Settings;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Runs a server until it is told to stop. */
@Command(name = "server", description = "Run a server. The last line it prints when it answers begins with 'ready'.")
final class ServerCommand implements Callable<Integer> {
    private static final Logger LOGGER = LoggerFactory.getLogger(ServerCommand.class);

    @Mixin
    final CommonOptions common = new CommonOptions();

    @Mixin
    private final ConfigOptions options = new ConfigOptions();

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() {
        final ServerConfig config = options.load();
        ServerLogging.ofServer(config.value(Settings.LOGGING_FORMAT), config.value(Settings.LOGGING_LEVEL));
        final SiloServer server = SiloServer.start(config);
        // The hook is where SIGTERM and SIGINT arrive. It ends the process itself: the code of a signal would not be 0.
        Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(server), "silo-stop"));
        final PrintWriter out = Out.of(spec);
        server.banner().forEach(out::println);
        out.flush();
        try {
            new CountDownLatch(1).await();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
        return ExitCode.OK;
    }

    private static void stop(SiloServer server) {
        LOGGER.info("Stopping.");
        server.close();
        LOGGER.info("Stopped.");
        Runtime.getRuntime().halt(server.isStoppedInOrder() ? ExitCode.OK : ExitCode.REFUSED);
    }
}
