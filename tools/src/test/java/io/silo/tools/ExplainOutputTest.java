package io.silo.tools;

import static org.assertj.core.api.Assertions.assertThat;

import io.silo.client.Explanation;
import io.silo.client.JobStatus;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What people read of a job that a rate limit keeps back. */
class ExplainOutputTest {
    private static Explanation waiting(Explanation.RateStage stage) {
        return new Explanation(
                "acme",
                "j",
                "g",
                JobStatus.SCHEDULED,
                Explanation.Situation.RATE_LIMITED,
                5,
                1,
                Instant.EPOCH,
                Instant.EPOCH,
                Instant.EPOCH,
                false,
                false,
                null,
                null,
                new Explanation.Bucket("api", "eu", stage, 2, 0, Duration.ofSeconds(7), 3, false, 0, null),
                null);
    }

    @ParameterizedTest
    @CsvSource({
        "HERE,        'rate limit api/eu has 0 of the 2 hits that it takes, and enough in 7s; 3 tasks are before it.'",
        "TO_BE_ASKED, 'the rate limit service is asked for rate limit api/eu when a worker wants the job; 3 tasks are before it.'",
        "ASKED,       'the rate limit service is being asked for rate limit api/eu; 3 tasks are before it.'",
        "OVER,        'the rate limit service did not let rate limit api/eu pass, and is asked again in 7s; 3 tasks are before it.'",
        "UNAVAILABLE, 'the rate limit service gave no answer for rate limit api/eu, and is asked again in 7s; 3 tasks are before it.'"
    })
    void shouldSayWhoAnswersTheRateLimitAndHowFarThatIs(Explanation.RateStage stage, String why) {
        assertThat(ExplainOutput.sentence(waiting(stage), null)).isEqualTo("Job j does not run: " + why);
    }

    @Test
    void shouldTellProgramsTheStage() {
        assertThat(ExplainOutput.json(waiting(Explanation.RateStage.OVER), null)
                        .get("bucket")
                        .get("stage")
                        .asText())
                .isEqualTo("OVER");
    }
}
