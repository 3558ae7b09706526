package io.silo.shard.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.silo.protocol.RejectReason;
import io.silo.protocol.command.EnqueueDecoder;
import io.silo.protocol.event.FloatingLimitSetDecoder;
import org.junit.jupiter.api.Test;

class ShardCountersTest {
    private final ShardCounters counters = new ShardCounters();

    /** Ids of events go beyond a byte. */
    @Test
    void shouldCountEachIdByItself() {
        for (int id = 0; id < ShardCounters.IDS_MAX; id++) {
            counters.countEvent(id);
        }
        assertThat(counters.events(FloatingLimitSetDecoder.TEMPLATE_ID)).isEqualTo(1);
        assertThat(counters.events(FloatingLimitSetDecoder.TEMPLATE_ID & 0xFF)).isEqualTo(1);
        for (int id = 0; id < ShardCounters.IDS_MAX; id++) {
            assertThat(counters.commands(id) + counters.refusals(id)).isZero();
        }
        counters.countCommand(EnqueueDecoder.TEMPLATE_ID);
        counters.countRefusal(RejectReason.BUSY.code());
        assertThat(counters.commands(EnqueueDecoder.TEMPLATE_ID)).isEqualTo(1);
        assertThat(counters.refusals(RejectReason.BUSY.code())).isEqualTo(1);
        assertThat(counters.events(EnqueueDecoder.TEMPLATE_ID)).isEqualTo(1);
    }
}
