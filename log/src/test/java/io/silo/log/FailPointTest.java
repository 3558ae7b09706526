package io.silo.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;

class FailPointTest {
    @Test
    void shouldBeNoneUnlessTheEnvironmentArmsOne() {
        assertThat(FailPoint.of(Map.of())).isSameAs(FaultPlan.NONE);
        assertThat(FailPoint.of(Map.of(FailPoint.VARIABLE, ""))).isSameAs(FaultPlan.NONE);
        assertThat(new EventLogContext().faults()).isSameAs(FaultPlan.NONE);
    }

    @Test
    void shouldBeDueAtItsOccurrenceOnly() {
        FailPoint point = (FailPoint) FailPoint.of(Map.of(FailPoint.VARIABLE, "log.sync:2"));
        assertThat(point.isDue("log.append")).isFalse();
        assertThat(point.isDue("log.sync")).isFalse();
        assertThat(point.isDue("log.sync")).isTrue();
        assertThat(point.isDue("log.sync")).isFalse();
        assertThat(FailPoint.of(Map.of(FailPoint.VARIABLE, "log.mark"))).hasToString("log.mark:1");
    }

    @Test
    void shouldRefuseWhatCannotBeRead() {
        for (String wrong : new String[] {"log.sync:", "log.sync:x", "log.sync:0", ":3"}) {
            assertThatThrownBy(() -> FailPoint.of(Map.of(FailPoint.VARIABLE, wrong)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining(FailPoint.VARIABLE);
        }
    }
}
