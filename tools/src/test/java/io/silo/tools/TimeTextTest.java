package io.silo.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import picocli.CommandLine.TypeConversionException;

class TimeTextTest {
    private final TimeText.StartAtConverter converter = new TimeText.StartAtConverter();

    @Test
    void shouldReadTimesFromNowAndByTheClock() {
        assertThat(converter.convert("+5s").epochMs(100)).isEqualTo(5_100);
        assertThat(converter.convert("+10m").epochMs(0)).isEqualTo(600_000);
        assertThat(converter.convert("+250ms").epochMs(0)).isEqualTo(250);
        assertThat(converter.convert("+2h").epochMs(0)).isEqualTo(7_200_000);
        assertThat(converter.convert("+1d").epochMs(0)).isEqualTo(86_400_000);
        assertThat(converter.convert("1767225600000").epochMs(100)).isEqualTo(1_767_225_600_000L);
    }

    @Test
    void shouldWriteDurationsAsItReadsThem() {
        for (String text :
                new String[] {"0ms", "1ms", "999ms", "1s", "59s", "61s", "5m", "90m", "1h", "36h", "7d", "1001ms"}) {
            assertThat(TimeText.duration(Duration.ofMillis(TimeText.durationMs(text))))
                    .isEqualTo(text);
        }
        assertThat(TimeText.duration(Duration.ofMinutes(60))).isEqualTo("1h");
    }

    @Test
    void shouldRefuseWhatIsNoTime() {
        for (String wrong : new String[] {"", "+", "+5", "5s", "+5x", "-1", "+-5s", "tomorrow", "+999999999999999d"}) {
            assertThatThrownBy(() -> converter.convert(wrong)).as(wrong).isInstanceOf(TypeConversionException.class);
        }
    }
}
