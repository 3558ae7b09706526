package io.silo.simulation.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class ReadyOrderTest {
    private final ReadyOrder order = new ReadyOrder(new ModelPauses(), new ModelLimits(), new ModelTenants());
    private long nextKey = 1;

    private ModelJob add(String tenant, int priority, long startAtMs) {
        var job = new ModelJob(new JobDefinition(
                nextKey++,
                RequestId.NONE,
                0,
                startAtMs,
                -1,
                -1,
                new RetryRule(0, 0, 0, 0, 0),
                0,
                0,
                0,
                0,
                0,
                priority,
                0,
                List.of(),
                List.of(),
                tenant,
                "g",
                "j" + nextKey,
                "",
                ""));
        order.add(job);
        return job;
    }

    @Test
    void shouldPutPriorityThenStartThenArrivalFirst() {
        var urgent = add("a", 0, 7);
        var early = add("a", 1, 5);
        var first = add("a", 1, 6);
        var second = add("a", 1, 6);
        var future = add("a", 0, 11);

        order.advance(10);

        assertThat(order.count("g")).isEqualTo(4);
        assertThat(order.whyNotNext(urgent, null)).isNull();
        assertThat(order.whyNotNext(early, null)).contains("more urgent");
        order.remove(urgent);
        assertThat(order.whyNotNext(early, null)).isNull();
        assertThat(order.whyNotNext(first, null)).contains("comes before");
        order.remove(early);
        assertThat(order.whyNotNext(second, null)).contains("comes before");
        assertThat(order.whyNotNext(first, "b")).contains("another tenant");
        assertThat(order.whyNotNext(future, "a")).isNotNull();
    }

    @Test
    void shouldRefuseATenantThatIsServedTwiceWhileAnotherWaits() {
        var one = add("a", 1, 1);
        var two = add("a", 1, 2);
        add("b", 1, 1);
        order.advance(10);

        order.grant(one, true);
        order.remove(one);

        assertThatThrownBy(() -> order.grant(two, true))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("passed over");
    }

    @Test
    void shouldLetTenantsTakeTurns() {
        var one = add("a", 1, 1);
        var two = add("a", 1, 2);
        var other = add("b", 1, 1);
        add("b", 1, 1);
        order.advance(10);

        for (ModelJob job : List.of(one, other, two)) {
            order.grant(job, true);
            order.remove(job);
        }

        assertThat(order.certain("g", "a")).isZero();
        assertThat(order.certain("g", "b")).isEqualTo(1);
    }
}
