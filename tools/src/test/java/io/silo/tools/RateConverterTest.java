package io.silo.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.silo.client.RateLimit;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import org.junit.jupiter.api.Test;
import picocli.CommandLine.TypeConversionException;

class RateConverterTest {
    private final RateConverter converter = new RateConverter();

    @Test
    void shouldReadRateLimits() throws Exception {
        assertThat(converter.convert("api/c-7=100/1m"))
                .isEqualTo(RateLimit.of("api", "c-7", 100, Duration.ofMinutes(1)));
        assertThat(converter.convert("api/a/b=5/day")).isEqualTo(RateLimit.of("api", "a/b", 5, ChronoUnit.DAYS));
        assertThat(converter.convert("api/k=5/1s,hits=2,leaky=9,drain"))
                .isEqualTo(RateLimit.of("api", "k", 5, Duration.ofSeconds(1))
                        .withHits(2)
                        .withLeakyBucket(9)
                        .withFlags(false, true));
        assertThat(converter.convert("api/k=5/1s,leaky,reset,retries=3"))
                .isEqualTo(RateLimit.of("api", "k", 5, Duration.ofSeconds(1))
                        .withLeakyBucket(0)
                        .withFlags(true, false)
                        .withRetries(3, Duration.ofSeconds(1), Duration.ZERO, 2));
    }

    @Test
    void shouldRefuseWhatIsNone() {
        for (String wrong : new String[] {
            "",
            "api",
            "api=5/1s",
            "/k=5/1s",
            "api/=5/1s",
            "api/k=5",
            "api/k=x/1s",
            "api/k=5/fortnight",
            "api/k=5/1s,hits",
            "api/k=5/1s,hits=x",
            "api/k=5/1s,fast",
            "api/k=5/1s,"
        }) {
            assertThatThrownBy(() -> converter.convert(wrong)).as(wrong).isInstanceOf(TypeConversionException.class);
        }
    }
}
