package io.silo.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.silo.client.FloatingLimit;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import picocli.CommandLine.TypeConversionException;

class FloatingConverterTest {
    private final FloatingConverter converter = new FloatingConverter();

    @Test
    void shouldReadFloatingLimits() throws Exception {
        assertThat(converter.convert("api=10/1m")).isEqualTo(new FloatingLimit("api", 10, Duration.ofMinutes(1)));
        assertThat(converter.convert("a/b=c=0/500ms,org=7,zone=a=b,empty="))
                .isEqualTo(new FloatingLimit(
                        "a/b=c", 0, Duration.ofMillis(500), Map.of("org", "7", "zone", "a=b", "empty", "")));
    }

    @Test
    void shouldRefuseWhatIsNone() {
        for (String wrong : new String[] {
            "",
            "api",
            "api=10",
            "=10/1m",
            "api=/1m",
            "api=-1/1m",
            "api=x/1m",
            "api=10/",
            "api=10/1m,",
            "api=10/1m,=x",
            "/1m=10"
        }) {
            assertThatThrownBy(() -> converter.convert(wrong))
                    .as("'%s'", wrong)
                    .isInstanceOf(TypeConversionException.class);
        }
    }
}
