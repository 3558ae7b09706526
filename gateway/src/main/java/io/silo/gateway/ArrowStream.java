package io.silo.gateway;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.silo.grpc.v1.ArrowIpcMessage;
import io.silo.sql.SqlResult;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Sends a result batch by batch, each a complete Arrow stream (behaviour ARROW-1), no faster than its reader takes them: the next
 * batch is made when the transport has room. {@link #send} on one thread; {@link #wake} any.
 */
final class ArrowStream {
    /** Rows of a batch, at most. */
    private static final int ROWS_MAX = 4_096;

    /** Bytes of a batch, about, at which it is sent. */
    private static final long BYTES_MAX = 1 << 20;

    private final ServerCallStreamObserver<ArrowIpcMessage> observer;
    private final long timeoutMs;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private long rows;
    private long bytes;

    /** @param timeoutMs for which a reader may take nothing; 0 = any time. */
    ArrowStream(ServerCallStreamObserver<ArrowIpcMessage> observer, long timeoutMs) {
        this.observer = observer;
        this.timeoutMs = timeoutMs;
        observer.setOnReadyHandler(this::wake);
        observer.setOnCancelHandler(this::wake);
    }

    /** Something changed that {@link #send} may wait for. */
    void wake() {
        lock.lock();
        try {
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Rows sent. */
    long rows() {
        return rows;
    }

    /** Bytes sent. */
    long bytes() {
        return bytes;
    }

    void send(SqlResult result) {
        try (ArrowBatch batch = new ArrowBatch(result.columns())) {
            long batchBytes = 0;
            for (@Nullable Object[] row = result.next(); row != null; row = result.next()) {
                batch.add(row);
                batchBytes += RowBytes.of(row);
                if (batch.rows() == ROWS_MAX || batchBytes >= BYTES_MAX) {
                    send(batch);
                    batchBytes = 0;
                    // The time-out is for each batch, and for each time that the reader keeps it waiting.
                    result.restartTimeout();
                }
            }
            if (batch.rows() > 0) {
                send(batch);
            }
        } catch (IOException failed) { // it writes to memory
            throw new UncheckedIOException(failed);
        }
    }

    private void send(ArrowBatch batch) throws IOException {
        rows += batch.rows();
        final byte[] message = batch.finish();
        bytes += message.length;
        awaitRoom();
        observer.onNext(ArrowIpcMessage.newBuilder()
                .setIpcData(ByteString.copyFrom(message))
                .build());
    }

    private void awaitRoom() {
        final long deadlineNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMs);
        lock.lock();
        try {
            while (!observer.isReady()) {
                if (observer.isCancelled()) {
                    throw Status.CANCELLED
                            .withDescription("The caller has gone.")
                            .asRuntimeException();
                }
                final long leftNs = deadlineNs - System.nanoTime();
                if (timeoutMs > 0 && leftNs <= 0) {
                    throw Status.DEADLINE_EXCEEDED
                            .withDescription("Query exceeded statement timeout of " + timeoutMs
                                    + " ms: the caller took no more rows")
                            .asRuntimeException();
                }
                changed.awaitNanos(timeoutMs > 0 ? leftNs : TimeUnit.SECONDS.toNanos(1));
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw Status.UNAVAILABLE
                    .withDescription("The server is stopping.")
                    .withCause(interrupted)
                    .asRuntimeException();
        } finally {
            lock.unlock();
        }
    }
}
