package io.silo.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.silo.client.SiloClient;
import io.silo.client.SiloException;
import io.silo.protocol.RejectReason;
import io.silo.server.SiloServer;
import io.silo.server.config.ConfigLoader;
import io.silo.tools.CommandLineFixture.Run;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

/**
 * One server of four shards in this process, with its own settings, and a client of it over shared memory, for all tests of a class.
 * Classes with real servers run one after the other, so the fields are those of the class that runs.
 */
// What these classes show is what commands and clients mean together; that a server starts, serves, is killed and
// recovers on
// every JDK is in CommandsIT, ServerProcessIT and their like.
@Tag("newest-jdk")
abstract class ServerFixture {
    private static final Duration AWAIT_MAX = Duration.ofSeconds(20);

    @TempDir
    static Path directory;

    static Path data;
    static SiloClient client;
    private static SiloServer server;

    @BeforeAll
    static void startServer() throws IOException {
        data = directory.resolve("data");
        server = SiloServer.start(
                ConfigLoader.load(null, ServerProcess.freePorts(), Map.of("database.path", data.toString())));
        client = SiloClient.builder().dataDirectory(data).build();
    }

    @AfterAll
    static void stopServer() {
        client.close();
        server.close();
    }

    /** Runs the command line against the server. */
    static Run silo(String... arguments) {
        final String[] all = Arrays.copyOf(arguments, arguments.length + 2);
        all[arguments.length] = "--data";
        all[arguments.length + 1] = data.toString();
        return CommandLineFixture.run(all);
    }

    static void await(BooleanSupplier condition) {
        final long deadlineNs = System.nanoTime() + AWAIT_MAX.toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime() - deadlineNs).as("not in time").isNegative();
            sleep(10);
        }
    }

    static void sleep(long ms) {
        try {
            Thread.sleep(ms);
        } catch (InterruptedException interrupted) {
            throw new AssertionError(interrupted);
        }
    }

    /** Why a call was refused. */
    static RejectReason reason(ThrowingCallable call) {
        final SiloException refused = catchThrowableOfType(SiloException.class, call);
        assertThat(refused).as("nothing was refused").isNotNull();
        return refused.reason();
    }
}
