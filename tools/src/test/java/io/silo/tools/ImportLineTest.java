package io.silo.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.silo.client.AttemptStatus;
import io.silo.client.ImportedAttempt;
import io.silo.client.ImportedJob;
import io.silo.client.Payload;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ImportLineTest {
    private static final String JOB = "{\"id\":\"a\",\"task_group\":\"g\",\"payload\":\"x\"";
    private static final String FAILED =
            "{\"status\":\"FAILED\",\"started_at_ms\":1,\"finished_at_ms\":2,\"error_code\":\"E\"}";

    @Test
    void shouldReadAJobWithItsHistory() {
        final ImportedJob job = parse(JOB + ",\"enqueued_at_ms\":7,\"attempts\":["
                + "{\"attempt\":1,\"worker_id\":\"w\",\"status\":\"FAILED\",\"started_at_ms\":1,\"finished_at_ms\":2,"
                + "\"error_code\":\"E\",\"error_data_base64\":\"/w==\"},"
                + "{\"status\":\"SUCCEEDED\",\"started_at_ms\":3,\"finished_at_ms\":4,\"result\":{\"n\":1}}]}");
        assertThat(job.enqueuedAt()).isEqualTo(at(7));
        assertThat(job.job().id()).isEqualTo("a");
        assertThat(job.job().taskGroup()).isEqualTo("g");
        assertThat(job.attempts())
                .containsExactly(
                        ImportedAttempt.failed(at(1), at(2), "E", Payload.raw(new byte[] {-1})),
                        ImportedAttempt.succeeded(at(3), at(4), Payload.json("{\"n\":1}")));
    }

    @Test
    void shouldTakeWhatIsPrintedOfAJobAndNotBeginWhatHasEnded() {
        final String printed = ",\"status\":\"CANCELLED\",\"changed_at_ms\":8,\"cancelled_at_ms\":9,\"attempt\":2,"
                + "\"relative_attempt\":2,\"next_start_at_ms\":5,\"result\":\"r\",\"error_code\":\"E\"";
        final ImportedJob cancelled = parse(JOB + printed + ",\"attempts\":[" + FAILED + "]}");
        assertThat(cancelled.attempts()).hasSize(2);
        assertThat(cancelled.attempts().get(1)).isEqualTo(ImportedAttempt.cancelled(at(9), at(9)));
        final ImportedJob told = parse(JOB
                + ",\"status\":\"CANCELLED\",\"attempts\":[{\"status\":\"CANCELLED\",\"started_at_ms\":1,"
                + "\"finished_at_ms\":2,\"result\":\"\"}]}");
        assertThat(told.attempts()).containsExactly(ImportedAttempt.cancelled(at(1), at(2)));
        final ImportedJob running =
                parse(JOB + ",\"status\":\"RUNNING\",\"attempts\":[{\"status\":\"RUNNING\",\"started_at_ms\":1}]}");
        assertThat(running.attempts().get(0).status())
                .as("the server says no to it")
                .isEqualTo(AttemptStatus.RUNNING);
    }

    @Test
    void shouldSayWhatIsWrong() {
        final Map<String, String> wrong = new HashMap<>();
        wrong.put("{\"task_group\":\"g\",\"payload\":1}", "needs an 'id'");
        wrong.put("{\"id\":\"a\",\"payload\":1}", "needs a 'task_group'");
        wrong.put(JOB + ",\"attemps\":[]}", "has the unknown key 'attemps'");
        wrong.put(JOB + ",\"attempts\":{}}", "has 'attempts' that are not an array");
        wrong.put(JOB + ",\"attempts\":[1]}", "has one of 'attempts' that is not an object");
        wrong.put(JOB + ",\"status\":\"DONE\"}", "has the unknown status 'DONE'");
        wrong.put(JOB + ",\"status\":\"CANCELLED\"}", "has the status CANCELLED, so it needs a 'cancelled_at_ms'");
        wrong.put(
                JOB + ",\"attempts\":[" + FAILED + ",{\"started_at_ms\":1}]}",
                "has an attempt, number 2, that needs a 'status'");
        wrong.put(
                JOB + ",\"attempts\":[{\"status\":\"FAILED\",\"started_at_ms\":1}]}",
                "has an attempt, number 1, that needs a 'finished_at_ms'");
        wrong.put(
                JOB + ",\"attempts\":[{\"status\":\"FAILED\",\"started_at_ms\":1,\"finished_at_ms\":2,\"result\":1,"
                        + "\"error_data\":2}]}",
                "has an attempt, number 1, that needs either 'result' or 'error_data'");
        wrong.forEach((line, sentence) -> assertThatThrownBy(() -> parse(line))
                .as(line)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(sentence));
        assertThat(ImportLine.parse("{\"id\":\"a\",\"payload\":1}", "other")
                        .job()
                        .taskGroup())
                .isEqualTo("other");
    }

    private static ImportedJob parse(String line) {
        return ImportLine.parse(line, null);
    }

    private static Instant at(long ms) {
        return Instant.ofEpochMilli(ms);
    }
}
