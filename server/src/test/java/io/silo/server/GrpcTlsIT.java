package io.silo.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.grpc.ChannelCredentials;
import io.grpc.Grpc;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.TlsChannelCredentials;
import io.silo.grpc.v1.GetClusterInfoRequest;
import io.silo.grpc.v1.SiloGrpc;
import io.silo.server.error.ServerErrorCode;
import io.silo.server.error.ServerException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Calls over gRPC with certificates that the JDK's own tool made. */
class GrpcTlsIT {
    private static final String PASSWORD = "changeit";

    @TempDir
    Path directory;

    /** A certificate that signs itself, and its key, as files. */
    private record Pair(Path certificate, Path key) {}

    @Test
    void shouldProveWhoItIs() throws Exception {
        final Pair own = pair("server");
        try (GrpcFixture grpc = GrpcFixture.start(directory.resolve("data"), settings(own, null))) {
            final int port = grpc.server.grpcAddress().port();
            assertThat(refusal(port, trusting(own).build())).isNull();
            assertThat(refusal(port, trusting(pair("stranger")).build())).isEqualTo(Status.Code.UNAVAILABLE);
            // In the clear.
            final StatusRuntimeException refused = catchThrowableOfType(
                    StatusRuntimeException.class,
                    () -> grpc.silo.getClusterInfo(GetClusterInfoRequest.getDefaultInstance()));
            assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        }
    }

    @Test
    void shouldHaveItsCallersProveWhoTheyAre() throws Exception {
        final Pair own = pair("server");
        final Pair caller = pair("caller");
        try (GrpcFixture grpc = GrpcFixture.start(directory.resolve("data"), settings(own, caller))) {
            final int port = grpc.server.grpcAddress().port();
            assertThat(refusal(port, as(caller, own))).isNull();
            assertThat(refusal(port, trusting(own).build())).isEqualTo(Status.Code.UNAVAILABLE);
            assertThat(refusal(port, as(pair("stranger"), own))).isEqualTo(Status.Code.UNAVAILABLE);
        }
    }

    @Test
    void shouldNotStartWithWhatItCannotUse() throws Exception {
        final Pair own = pair("server");
        final Path garbage = Files.writeString(directory.resolve("garbage.pem"), "no certificate");
        final Path none = directory.resolve("none.pem");
        final Map<String, Pair> wrong = Map.of(
                "no file", new Pair(none, own.key),
                "no key file", new Pair(own.certificate, none),
                "no certificate", new Pair(garbage, own.key),
                "no key", new Pair(own.certificate, garbage),
                "another key", new Pair(own.certificate, pair("stranger").key));
        for (Map.Entry<String, Pair> entry : wrong.entrySet()) {
            assertUnusable(entry.getKey(), settings(entry.getValue(), null));
        }
        assertUnusable("garbage as authorities", settings(own, new Pair(garbage, garbage)));
        for (String left : new String[] {"SILO_SERVER_GRPC_TLS_CERT", "SILO_SERVER_GRPC_TLS_KEY"}) {
            final Map<String, String> half = settings(own, null);
            half.remove(left);
            assertUnusable("half of it", half);
        }
    }

    private void assertUnusable(String what, Map<String, String> settings) {
        final ServerException refused = catchThrowableOfType(
                ServerException.class, () -> GrpcFixture.start(directory.resolve("unused"), settings));
        assertThat(refused).as(what).isNotNull();
        assertThat(refused.code()).as(what).isEqualTo(ServerErrorCode.TLS_UNUSABLE);
        assertThat(refused.sentence()).as(what).startsWith("Expected ").doesNotContain("null");
        assertThat(Thread.getAllStackTraces().keySet())
                .as("threads that would keep the process")
                .noneMatch(thread -> thread.getName().startsWith("silo-grpc"));
    }

    private static Map<String, String> settings(Pair own, @Nullable Pair clients) {
        final Map<String, String> settings = new HashMap<>();
        settings.put("SILO_SERVER_GRPC_TLS_CERT", own.certificate.toString());
        settings.put("SILO_SERVER_GRPC_TLS_KEY", own.key.toString());
        if (clients != null) {
            settings.put("SILO_SERVER_GRPC_TLS_CLIENT_CA", clients.certificate.toString());
        }
        return settings;
    }

    private static TlsChannelCredentials.Builder trusting(Pair server) throws Exception {
        return TlsChannelCredentials.newBuilder().trustManager(server.certificate.toFile());
    }

    private static ChannelCredentials as(Pair caller, Pair server) throws Exception {
        return trusting(server)
                .keyManager(caller.certificate.toFile(), caller.key.toFile())
                .build();
    }

    /** Why a call is refused; null if it is answered. */
    private static Status.@Nullable Code refusal(int port, ChannelCredentials credentials) throws Exception {
        final ManagedChannel channel =
                Grpc.newChannelBuilderForAddress("127.0.0.1", port, credentials).build();
        try {
            SiloGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(20, TimeUnit.SECONDS)
                    .getClusterInfo(GetClusterInfoRequest.getDefaultInstance());
            return null;
        } catch (StatusRuntimeException refused) {
            return refused.getStatus().getCode();
        } finally {
            channel.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
        }
    }

    private Pair pair(String name) throws Exception {
        final Path certificate = directory.resolve(name + ".crt");
        final Path key = directory.resolve(name + ".key");
        if (Files.exists(certificate)) {
            return new Pair(certificate, key);
        }
        final Path store = directory.resolve(name + ".p12");
        final Process tool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-alias",
                        name,
                        "-keyalg",
                        "EC",
                        "-dname",
                        "CN=" + name,
                        "-ext",
                        "san=ip:127.0.0.1",
                        "-storetype",
                        "PKCS12",
                        "-keystore",
                        store.toString(),
                        "-storepass",
                        PASSWORD)
                .inheritIO()
                .start();
        assertThat(tool.waitFor()).isZero();
        final KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(store)) {
            keys.load(in, PASSWORD.toCharArray());
        }
        write(certificate, "CERTIFICATE", keys.getCertificate(name).getEncoded());
        write(key, "PRIVATE KEY", keys.getKey(name, PASSWORD.toCharArray()).getEncoded());
        return new Pair(certificate, key);
    }

    private static void write(Path file, String what, byte[] bytes) throws Exception {
        final String text = Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII))
                .encodeToString(bytes);
        Files.writeString(file, "-----BEGIN " + what + "-----\n" + text + "\n-----END " + what + "-----\n");
    }
}
