package io.silo.tools;

import io.silo.protocol.Bounds;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Locale;

/** Reads jobs line by line from a file or standard input, into a pipeline, and shows how far it is. Stateless. */
final class JobFile {
    /** The path that stands for standard input. */
    private static final Path STANDARD_INPUT = Path.of("-");

    /** Takes a line. */
    interface LineHandler {
        /** @throws IllegalArgumentException with a half sentence that says what is wrong. */
        void onLine(byte[] line, long lineNumber);
    }

    private JobFile() {}

    /**
     * Reads to the end and waits for every answer.
     *
     * @param file {@code -} = standard input.
     * @param lineBytesMax longest line.
     * @throws CommandFailure at the first line that is wrong: what stands before it was sent.
     */
    static void read(Path file, int lineBytesMax, JobPipeline<?> pipeline, Progress progress, LineHandler handler) {
        try {
            if (file.equals(STANDARD_INPUT)) {
                read(System.in, -1, "standard input", lineBytesMax, pipeline, progress, handler);
            } else {
                try (InputStream in = Files.newInputStream(file)) {
                    read(in, Files.size(file), file.toString(), lineBytesMax, pipeline, progress, handler);
                } catch (NoSuchFileException missing) {
                    throw CommandFailure.usage("There is no file " + file + ".", "");
                } catch (IOException failed) {
                    throw new CommandFailure(
                            ExitCode.REFUSED,
                            "FILE_UNREADABLE",
                            "The file " + file + " cannot be read: " + failed.getMessage() + ".",
                            "");
                }
            }
            pipeline.finish();
        } catch (CommandFailure failed) {
            pipeline.settle();
            progress.end();
            throw new CommandFailure(
                    failed.exitCode(),
                    failed.name(),
                    failed.sentence(),
                    String.format(
                            Locale.ROOT,
                            "%,d jobs were acknowledged before that. %s",
                            pipeline.acknowledged(),
                            failed.hint()));
        }
        progress.end();
    }

    /** Longest line of JSON: Base64 and escapes make it longer than its bytes. */
    static int jsonBytesMax(int payloads) {
        return 3 * payloads * Bounds.PAYLOAD_BYTES_MAX;
    }

    private static void read(
            InputStream in,
            long bytes,
            String name,
            int lineBytesMax,
            JobPipeline<?> pipeline,
            Progress progress,
            LineHandler handler) {
        final LineReader reader = new LineReader(in, lineBytesMax);
        try {
            for (byte[] line = reader.next(); line != null; line = reader.next()) {
                try {
                    handler.onLine(line, reader.lineNumber());
                } catch (IllegalArgumentException wrong) {
                    throw new CommandFailure(
                            ExitCode.REFUSED,
                            "INVALID_LINE",
                            "Line " + reader.lineNumber() + " of " + name + " " + wrong.getMessage() + ".",
                            "Lines behind it were not sent.");
                }
                progress.update(pipeline.acknowledged(), bytes <= 0 ? -1 : (double) reader.bytesRead() / bytes);
            }
        } catch (IOException failed) {
            throw new CommandFailure(
                    ExitCode.REFUSED,
                    "FILE_UNREADABLE",
                    "Reading " + name + " failed: " + failed.getMessage() + ".",
                    "");
        }
    }

    /**
     * A line as text.
     *
     * @throws IllegalArgumentException if it is none.
     */
    static String text(byte[] line) {
        final String text = Output.asText(line);
        if (text == null) {
            throw new IllegalArgumentException("is not UTF-8");
        }
        return text;
    }

    /** Whether a line holds nothing. */
    static boolean isBlank(byte[] line) {
        return new String(line, StandardCharsets.UTF_8).isBlank();
    }
}
