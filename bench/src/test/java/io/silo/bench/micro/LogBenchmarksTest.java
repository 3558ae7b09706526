package io.silo.bench.micro;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;

/** Each benchmark of the log once, tiny, so that none of them rots. */
class LogBenchmarksTest {
    @Test
    void shouldAppend() throws IOException {
        var benchmark = new LogAppendBenchmark();
        benchmark.payloadBytes = 100;
        benchmark.setUp();
        assertThat(benchmark.log()).isZero();
        assertThat(benchmark.plainFile()).isPositive();
        assertThat(benchmark.plainMapping()).isPositive();
        benchmark.tearDown();
    }

    @Test
    void shouldSync() throws IOException {
        var benchmark = new LogSyncBenchmark();
        benchmark.payloadBytes = 100;
        benchmark.recordsPerSync = 3;
        benchmark.setUp();
        var written = new LogSyncBenchmark.Written();
        written.begin();
        assertThat(benchmark.log(written)).isEqualTo(2);
        assertThat(benchmark.plainFile(written)).isPositive();
        assertThat(benchmark.plainMapping(written)).isPositive();
        written.end();
        assertThat(written.payloadBytes).isEqualTo(900);
        benchmark.tearDown();
    }

    @Test
    void shouldReplay() throws IOException {
        var benchmark = new LogReplayBenchmark();
        benchmark.payloadBytes = 100;
        benchmark.records = 50;
        benchmark.setUp();
        assertThat(benchmark.replay()).isNotZero();
        assertThat(benchmark.plainRead()).isNotZero();
        assertThat(benchmark.plainMapping()).isNotZero();
        benchmark.tearDown();
    }
}
