package io.silo.tools;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.silo.tools.CommandLineFixture.Run;
import java.io.IOException;
import org.junit.jupiter.api.Test;

/** A load with a query beside it. How much of the load is left is for a quiet machine; here both must get on. */
class LoadQueryIT extends ServerFixture {
    private static final String BY_STATUS = "SELECT status_kind, COUNT(*) AS n FROM jobs GROUP BY status_kind";

    @Test
    void shouldMeasureALoadAloneAndBesideAQuery() throws IOException {
        final Run run = silo("load", "--query", BY_STATUS, "--jobs", "2000", "--json");
        assertThat(run.exitCode()).as(run.err()).isEqualTo(ExitCode.OK);
        final JsonNode result = new ObjectMapper().readTree(run.out());
        assertThat(result.path("alone_lifecycles_per_second")).hasSize(4);
        assertThat(result.path("beside_lifecycles_per_second")).hasSize(3).allMatch(rate -> rate.asDouble() > 0);
        assertThat(result.path("share_of_load_alone").asDouble()).isPositive();
        assertThat(result.path("query").path("answers").asLong()).isPositive();
        assertThat(result.path("query").path("rows").asLong()).isBetween(1L, 4L);
        assertThat(result.path("query").path("p50_ms").asDouble()).isPositive();
    }

    @Test
    void shouldRefuseAQueryThatCannotBeAnswered() {
        final Run wrong = silo("load", "--query", "SELECT nothing FROM jobs", "--seconds", "1");
        assertThat(wrong.exitCode()).isEqualTo(ExitCode.USAGE);
        assertThat(wrong.err()).contains("nothing");
        assertThat(silo("load", "--query", BY_STATUS, "--stored", "5").exitCode())
                .isEqualTo(ExitCode.USAGE);
        assertThat(silo("load", "--query", BY_STATUS, "--overload", "2").exitCode())
                .isEqualTo(ExitCode.USAGE);
    }
}
