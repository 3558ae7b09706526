package io.silo.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.silo.client.Encoding;
import io.silo.client.Payload;
import io.silo.client.RetryPolicy;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class JobLineTest {
    @Test
    void shouldReadEveryKey() {
        final JobLine line = JobLine.parse("""
                {"id":"a","tenant":"t","task_group":"g","priority":7,"start_at_ms":5,"start_deadline_ms":6,"max_run_ms":700,
                "lease_ms":800,"unique_key":"u","payload":"x","metadata":{"k":"v"},
                "retry":{"retries":3,"initial_interval_ms":10,"max_interval_ms":90,"backoff":1.5,"jitter":true}}
                """);
        assertThat(line.id()).isEqualTo("a");
        assertThat(line.tenant()).isEqualTo("t");
        assertThat(line.taskGroup()).isEqualTo("g");
        assertThat(line.priority()).isEqualTo(7);
        assertThat(line.startAtMs()).isEqualTo(5);
        assertThat(line.metadata()).isEqualTo(Map.of("k", "v"));
        assertThat(line.startDeadlineMs()).isEqualTo(6);
        assertThat(line.maxRunMs()).isEqualTo(700);
        assertThat(line.leaseMs()).isEqualTo(800);
        assertThat(line.uniqueKey()).isEqualTo("u");
        assertThat(line.retry()).isEqualTo(new RetryPolicy(3, Duration.ofMillis(10), Duration.ofMillis(90), 1.5, true));
        assertThat(line.payload()).isEqualTo(Payload.text("x"));
    }

    @Test
    void shouldTakeTextJsonAndBytes() {
        assertThat(payload("{\"payload\":\"päy\"}")).isEqualTo("päy");
        assertThat(payload("{\"payload\":{\"a\":[1,null]}}")).isEqualTo("{\"a\":[1,null]}");
        assertThat(payload("{\"payload\":null}")).isEqualTo("null");
        assertThat(payload("{\"payload_base64\":\"aGk=\"}")).isEqualTo("hi");
        assertThat(encoding("{\"payload\":\"x\"}")).isEqualTo(Encoding.TEXT);
        assertThat(encoding("{\"payload\":{\"a\":1}}")).isEqualTo(Encoding.JSON);
        assertThat(encoding("{\"payload_base64\":\"aGk=\"}")).isEqualTo(Encoding.TEXT);
        assertThat(encoding("{\"payload_base64\":\"/w==\"}")).isEqualTo(Encoding.RAW);
        assertThat(encoding("{\"payload_base64\":\"/w==\",\"payload_encoding\":\"MSGPACK\"}"))
                .isEqualTo(Encoding.MSGPACK);
    }

    @Test
    void shouldSayWhatIsWrong() {
        final Map<String, String> wrong = new HashMap<>(Map.of(
                "{\"payload\":", "is not JSON: ",
                "", "is not a JSON object",
                "[]", "is not a JSON object",
                "{}", "needs either 'payload' or 'payload_base64'",
                "{\"payload\":1} x", "is not JSON: ",
                "{\"payload\":1,\"payload\":2}", "is not JSON: Duplicate field",
                "{\"payload\":1,\"priorty\":2}", "has the unknown key 'priorty'",
                "{\"payload\":1,\"priority\":\"2\"}", "has a 'priority' that is not a whole number",
                "{\"payload_base64\":\"%\"}", "has a 'payload_base64' that is not Base64",
                "{\"payload\":1,\"metadata\":{\"a\":1}}", "has a metadata value of 'a' that is not text"));
        wrong.put("{\"payload\":1,\"payload_base64\":\"\"}", "needs either 'payload' or 'payload_base64'");
        wrong.put("{\"payload\":1,\"payload_encoding\":\"YAML\"}", "has the unknown payload_encoding 'YAML'");
        wrong.put(
                "{\"payload\":1,\"max_run_ms\":1.5}", "has a 'max_run_ms' that is not a whole number of milliseconds");
        wrong.put("{\"payload\":1,\"retry\":{\"tries\":1}}", "has the unknown key 'tries'");
        wrong.put("{\"payload\":1,\"retry\":{\"jitter\":1}}", "has a 'jitter' that is neither true nor false");
        wrong.put("{\"payload\":1,\"unique_key\":3}", "has a 'unique_key' that is not text");
        wrong.put("{\"payload\":1,\"retry\":3}", "has a 'retry' that is not an object");
        wrong.forEach((line, sentence) -> assertThatThrownBy(() -> JobLine.parse(line))
                .as(line)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith(sentence));
    }

    private static String payload(String line) {
        return JobLine.parse(line).payload().text();
    }

    private static Encoding encoding(String line) {
        return JobLine.parse(line).payload().encoding();
    }
}
