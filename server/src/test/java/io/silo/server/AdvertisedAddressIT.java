package io.silo.server;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.silo.grpc.v1.GetClusterInfoRequest;
import io.silo.grpc.v1.GetClusterInfoResponse;
import io.silo.grpc.v1.ShardOwner;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** Where clients are told to call. */
class AdvertisedAddressIT {
    @TempDir
    Path data;

    private final List<String> warnings = new ArrayList<>();

    /** What is told of a server with such settings, by every field that tells an address. */
    private List<String> told(Map<String, String> settings) throws Exception {
        final Map<String, String> all = new HashMap<>(Map.of("SILO_SHARD_COUNT", "2"));
        all.putAll(settings);
        final Logger logger = (Logger) LoggerFactory.getLogger(SiloServer.class);
        final ListAppender<ILoggingEvent> lines = new ListAppender<>();
        lines.start();
        logger.addAppender(lines);
        try (GrpcFixture server = GrpcFixture.start(data, all)) {
            final GetClusterInfoResponse info =
                    server.withToken("secret").getClusterInfo(GetClusterInfoRequest.getDefaultInstance());
            final List<String> told = new ArrayList<>();
            told.add(info.getThisGrpcAddr());
            info.getShardOwnersList().stream().map(ShardOwner::getGrpcAddr).forEach(told::add);
            told.add(info.getMembers(0).getGrpcAddr());
            assertThat(info.getMembersCount()).isEqualTo(1);
            final int port = server.server.grpcAddress().port();
            return told.stream()
                    .map(address -> address.replace(":" + port, ":PORT"))
                    .toList();
        } finally {
            logger.detachAppender(lines);
            lines.list.stream()
                    .filter(line -> line.getLevel() == Level.WARN)
                    .map(ILoggingEvent::getFormattedMessage)
                    .filter(line -> line.contains("advertised_grpc_addr"))
                    .forEach(warnings::add);
        }
    }

    @Test
    void shouldTellWhereItListensIfNothingElseIsSet() throws Exception {
        assertThat(told(Map.of())).containsOnly("127.0.0.1:PORT").hasSize(4);
        assertThat(warnings).isEmpty();
    }

    @Test
    void shouldTellWhatIsSet() throws Exception {
        assertThat(told(Map.of("SILO_SERVER_ADVERTISED_GRPC_ADDR", "broker.example:443")))
                .containsOnly("broker.example:443")
                .hasSize(4);
        assertThat(warnings).isEmpty();
    }

    /** Nobody can call 0.0.0.0. */
    @Test
    void shouldTellItsOwnNameAndSaySoIfItListensOnEveryAddress() throws Exception {
        final String name = InetAddress.getLocalHost().getHostName();
        final Map<String, String> everywhere =
                Map.of("SILO_SERVER_GRPC_ADDR", "0.0.0.0:0", "SILO_SERVER_AUTH_TOKEN", "secret");
        assertThat(told(everywhere)).containsOnly(name + ":PORT").hasSize(4);
        assertThat(warnings).hasSize(1);
        assertThat(warnings.get(0))
                .startsWith("server.grpc_addr = 0.0.0.0:0 is every address of this machine: clients are told to call "
                        + name + ":");
    }
}
