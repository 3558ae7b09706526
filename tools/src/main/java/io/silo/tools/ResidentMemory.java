package io.silo.tools;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Watches the memory that a process of this host has resident, while something else runs. Looks ten times a second from a thread of
 * its own; where the kernel does not tell, there is no figure.
 */
final class ResidentMemory implements AutoCloseable {
    private static final long INTERVAL_MS = 100;
    private static final String FIELD = "RssAnon:"; // heap and buffers; pages of files come and go as the kernel likes

    private final Path status;
    private final Thread thread;
    private final long firstBytes;
    private volatile long maxBytes;
    private volatile boolean closed;

    ResidentMemory(long pid) {
        status = Path.of("/proc", Long.toString(pid), "status");
        firstBytes = read();
        maxBytes = firstBytes;
        thread = new Thread(this::watch, "silo-memory");
        thread.setDaemon(true);
        thread.start();
    }

    /** Bytes at the beginning, or -1. */
    long firstBytes() {
        return firstBytes;
    }

    /** Most bytes seen, or -1. */
    long maxBytes() {
        return maxBytes;
    }

    private void watch() {
        while (!closed) {
            maxBytes = Math.max(maxBytes, read());
            try {
                Thread.sleep(INTERVAL_MS);
            } catch (InterruptedException end) {
                return;
            }
        }
    }

    private long read() {
        try {
            for (String line : Files.readAllLines(status)) {
                if (line.startsWith(FIELD)) {
                    return Long.parseLong(line.replaceAll("\\D", "")) * 1024;
                }
            }
        } catch (IOException | NumberFormatException untold) {
            return -1;
        }
        return -1;
    }

    @Override
    public void close() {
        closed = true;
        thread.interrupt();
    }
}
