package io.silo.server;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Carries the bytes of connections to a port of this machine, until it is frozen: then they go nowhere, and nothing is closed. */
final class FrozenProxy implements AutoCloseable {
    private final ServerSocket listens = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
    private final List<Socket> sockets = new CopyOnWriteArrayList<>();
    private volatile boolean isFrozen;

    FrozenProxy(int target) throws IOException {
        begin(() -> {
            while (true) {
                final Socket from = listens.accept();
                final Socket to = new Socket(InetAddress.getLoopbackAddress(), target);
                sockets.addAll(List.of(from, to));
                begin(() -> carry(from.getInputStream(), to.getOutputStream()));
                begin(() -> carry(to.getInputStream(), from.getOutputStream()));
            }
        });
    }

    private interface Work {
        void run() throws IOException;
    }

    private static void begin(Work work) {
        final Thread thread = new Thread(() -> {
            try {
                work.run();
            } catch (IOException closed) {
                // by the test, at its end
            }
        });
        thread.setDaemon(true);
        thread.start();
    }

    private void carry(InputStream in, OutputStream out) throws IOException {
        final byte[] bytes = new byte[8_192];
        for (int length = in.read(bytes); length >= 0; length = in.read(bytes)) {
            if (!isFrozen) {
                out.write(bytes, 0, length);
            }
        }
    }

    int port() {
        return listens.getLocalPort();
    }

    void freeze() {
        isFrozen = true;
    }

    @Override
    public void close() throws IOException {
        listens.close();
        for (final Socket socket : sockets) {
            socket.close();
        }
    }
}
