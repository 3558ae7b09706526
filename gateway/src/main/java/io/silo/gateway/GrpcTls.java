package io.silo.gateway;

import io.grpc.ServerCredentials;
import io.grpc.TlsServerCredentials;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.util.CertificateUtils;
import java.io.IOException;
import java.io.InputStream;
import java.net.SocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import org.jspecify.annotations.Nullable;

/**
 * How the gateway proves who it is, and has its callers prove it.
 *
 * @param certificates of the server, PEM, its own first.
 * @param key of the first, PEM (PKCS 8), not encrypted.
 * @param clientAuthorities PEM; callers need a certificate that one of these signed. Null = they need none.
 */
public record GrpcTls(Path certificates, Path key, @Nullable Path clientAuthorities) {
    private static final byte[] PROBE = {1};

    /** Says which of the files cannot be used, and why. */
    public static final class Unusable extends RuntimeException {
        private static final long serialVersionUID = 1;

        Unusable(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /** @throws Unusable if a file is not what it should be. */
    NettyServerBuilder serverAt(SocketAddress address) {
        try {
            checkPair();
            return NettyServerBuilder.forAddress(address, credentials());
        } catch (IOException | GeneralSecurityException | IllegalArgumentException wrong) {
            throw new Unusable(
                    "Expected certificates in " + certificates + " and their key in " + key
                            + (clientAuthorities == null ? "" : ", and authorities of clients in " + clientAuthorities)
                            + ", but: " + reason(wrong),
                    wrong);
        }
    }

    /** Else every call would fail, and only its caller be told. */
    private void checkPair() throws IOException, GeneralSecurityException {
        try (InputStream certificatesIn = Files.newInputStream(certificates);
                InputStream keyIn = Files.newInputStream(key)) {
            final X509Certificate[] chain = CertificateUtils.getX509Certificates(certificatesIn);
            final PrivateKey secret = CertificateUtils.getPrivateKey(keyIn);
            if (chain.length == 0) {
                throw new IllegalArgumentException("there is no certificate in the first");
            }
            final PublicKey known = chain[0].getPublicKey();
            final Signature signature = Signature.getInstance(
                    switch (secret.getAlgorithm()) {
                        case "EC" -> "SHA256withECDSA";
                        case "RSA" -> "SHA256withRSA";
                        default -> secret.getAlgorithm();
                    });
            signature.initSign(secret);
            signature.update(PROBE);
            final byte[] signed = signature.sign();
            boolean isItsKey = secret.getAlgorithm().equals(known.getAlgorithm());
            if (isItsKey) {
                signature.initVerify(known);
                signature.update(PROBE);
                isItsKey = signature.verify(signed);
            }
            if (!isItsKey) {
                throw new IllegalArgumentException("the key is not that of the first certificate");
            }
        }
    }

    private ServerCredentials credentials() throws IOException {
        final TlsServerCredentials.Builder credentials =
                TlsServerCredentials.newBuilder().keyManager(certificates.toFile(), key.toFile());
        if (clientAuthorities != null) {
            credentials.trustManager(clientAuthorities.toFile()).clientAuth(TlsServerCredentials.ClientAuth.REQUIRE);
        }
        return credentials.build();
    }

    /** The innermost cause says most. */
    private static String reason(Throwable wrong) {
        Throwable cause = wrong;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return String.valueOf(cause.getMessage());
    }
}
