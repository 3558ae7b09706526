package io.silo.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;

class JobLineTest {
    @Test
    void shouldReadEveryKey() {
        final JobLine line = JobLine.parse("""
                {"id":"a","tenant":"t","task_group":"g","priority":7,"start_at_ms":5,"payload":"x","metadata":{"k":"v"}}
                """);
        assertThat(line.id()).isEqualTo("a");
        assertThat(line.tenant()).isEqualTo("t");
        assertThat(line.taskGroup()).isEqualTo("g");
        assertThat(line.priority()).isEqualTo(7);
        assertThat(line.startAtMs()).isEqualTo(5);
        assertThat(line.metadata()).isEqualTo(Map.of("k", "v"));
        assertThat(line.json()).isFalse();
    }

    @Test
    void shouldTakeTextJsonAndBytes() {
        assertThat(payload("{\"payload\":\"päy\"}")).isEqualTo("päy");
        assertThat(payload("{\"payload\":{\"a\":[1,null]}}")).isEqualTo("{\"a\":[1,null]}");
        assertThat(payload("{\"payload\":null}")).isEqualTo("null");
        assertThat(payload("{\"payload_base64\":\"aGk=\"}")).isEqualTo("hi");
        assertThat(JobLine.parse("{\"payload\":{\"a\":1}}").json()).isTrue();
    }

    @Test
    void shouldSayWhatIsWrong() {
        final Map<String, String> wrong = Map.of(
                "{\"payload\":", "is not JSON: ",
                "", "is not a JSON object",
                "[]", "is not a JSON object",
                "{}", "needs either 'payload' or 'payload_base64'",
                "{\"payload\":1} x", "is not JSON: ",
                "{\"payload\":1,\"payload\":2}", "is not JSON: Duplicate field",
                "{\"payload\":1,\"priorty\":2}", "has the unknown key 'priorty'",
                "{\"payload\":1,\"priority\":\"2\"}", "has a 'priority' that is not a whole number",
                "{\"payload_base64\":\"%\"}", "has a 'payload_base64' that is not Base64",
                "{\"payload\":1,\"metadata\":{\"a\":1}}", "has a metadata value of 'a' that is not text");
        wrong.forEach((line, sentence) -> assertThatThrownBy(() -> JobLine.parse(line))
                .as(line)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith(sentence));
    }

    private static String payload(String line) {
        return new String(JobLine.parse(line).payload(), StandardCharsets.UTF_8);
    }
}
