package io.silo.tools;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/** Lines of a stream as the bytes they are. One thread. */
final class LineReader {
    private static final int BUFFER_BYTES = 64 * 1024;

    private final InputStream in;
    private final int lineBytesMax;
    private final byte[] buffer = new byte[BUFFER_BYTES];
    private int position;
    private int limit;
    private long lineNumber;
    private long bytesRead;

    /**
     * @param lineBytesMax longest line, in bytes, without its end.
     */
    LineReader(InputStream in, int lineBytesMax) {
        this.in = in;
        this.lineBytesMax = lineBytesMax;
    }

    /** The next line without its line feed, or null at the end. */
    byte @Nullable [] next() throws IOException {
        final ByteArrayOutputStream line = new ByteArrayOutputStream();
        boolean any = false;
        while (true) {
            if (position == limit) {
                limit = in.read(buffer);
                position = 0;
                if (limit <= 0) {
                    limit = 0;
                    break;
                }
            }
            any = true;
            int end = position;
            while (end < limit && buffer[end] != '\n') {
                end++;
            }
            line.write(buffer, position, end - position);
            if (line.size() > lineBytesMax) {
                throw new CommandFailure(
                        ExitCode.REFUSED,
                        "LINE_TOO_LONG",
                        "Line " + (lineNumber + 1) + " has more than " + lineBytesMax + " bytes.",
                        "A payload has 16 MiB at most.");
            }
            bytesRead += end - position;
            position = end;
            if (end < limit) {
                position++;
                bytesRead++;
                break;
            }
        }
        if (!any) {
            return null;
        }
        lineNumber++;
        return line.toByteArray();
    }

    /** Number of the line that {@link #next} returned last, from 1. */
    long lineNumber() {
        return lineNumber;
    }

    /** Bytes taken so far. */
    long bytesRead() {
        return bytesRead;
    }
}
