package io.silo.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.silo.protocol.Bounds;
import io.silo.protocol.command.PutScheduleEncoder;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class ScheduleRequestTest {
    @Test
    void shouldFireByTheLastOfIntervalAndExpression() {
        final ScheduleRequest.Builder builder = ScheduleRequest.to("g").id("s");
        builder.every(Duration.ofMinutes(5)).cron("0 3 * * *", ZoneId.of("Europe/Berlin"));
        final ScheduleRequest cron = builder.build();
        assertThat(cron.intervalMs).isZero();
        assertThat(cron.cron).isEqualTo("0 3 * * *");
        assertThat(cron.zone).isEqualTo("Europe/Berlin");
        final ScheduleRequest interval = builder.every(Duration.ofMinutes(5)).build();
        assertThat(interval.intervalMs).isEqualTo(300_000);
        assertThat(interval.cron).isEmpty();
        assertThat(interval.zone).isEmpty();
    }

    @Test
    void shouldNotEncodeMoreThanItSays() {
        final ScheduleRequest request = ScheduleRequest.to("g".repeat(64))
                .id("é".repeat(100))
                .cron("0 3 * * *", "Europe/Berlin")
                .firstAt(Instant.ofEpochMilli(1))
                .metadata("key", "value")
                .uniqueKey("k".repeat(256))
                .payload("p".repeat(1_000))
                .build();
        final ScheduleCalls.Put put = new ScheduleCalls.Put(request, "tenant", false, Durability.DURABLE, 0);
        final UnsafeBuffer buffer = new UnsafeBuffer(new byte[Bounds.MESSAGE_BYTES_MAX]);
        final int length = put.encode(new CommandCodecs(), buffer, new ShardMap.Target(0, 0, 1));
        assertThat(length)
                .isGreaterThan(request.encodedLengthMax("tenant") - 100)
                .isLessThanOrEqualTo(request.encodedLengthMax("tenant") + PutScheduleEncoder.BLOCK_LENGTH);
    }
}
