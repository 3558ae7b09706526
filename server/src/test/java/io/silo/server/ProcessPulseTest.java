package io.silo.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ProcessPulseTest {
    private static final long SECOND_NS = TimeUnit.SECONDS.toNanos(1);

    @Test
    void shouldSayThatTheProcessRanWhileItTicked() {
        ProcessPulse pulse = new ProcessPulse();
        pulse.tick();
        long nowNs = System.nanoTime();
        assertThat(pulse.isWholeProcess(nowNs - 60 * SECOND_NS, nowNs)).isFalse();
    }

    @Test
    void shouldSayThatItStoodStillWhenTicksAreMissing() {
        ProcessPulse pulse = new ProcessPulse();
        long nowNs = System.nanoTime() + 6 * SECOND_NS;
        assertThat(pulse.isWholeProcess(nowNs - 6 * SECOND_NS, nowNs)).isTrue();
    }
}
