package io.silo.specs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class SpecModelTest {
    private static final String LIGHTS = """
            sig Lamp {}
            var sig Lit in Lamp {}
            pred step { some l: Lamp | Lit' = Lit + l }
            check neverGoesOut { step implies Lit in Lit' } for 3 but 2..2 steps
            check neverDark { step implies some Lit } for 2 but 2..2 steps
            run lightsUp { no Lit and step } for 2 but 2..2 steps
            // slow: nothing can be seen
            run goesOut { some Lit and step and no Lit' } for 2 but 2..2 steps
            """;

    private final SpecModel lights = SpecModel.parse("lights", LIGHTS);

    @Test
    void shouldListCommandsInTheOrderOfTheModel() {
        assertThat(lights.tasks())
                .containsExactly(
                        new SpecTask("lights", SpecTask.Kind.CHECK, "neverGoesOut", "3 but 2..2 steps", true),
                        new SpecTask("lights", SpecTask.Kind.CHECK, "neverDark", "2 but 2..2 steps", true),
                        new SpecTask("lights", SpecTask.Kind.RUN, "lightsUp", "2 but 2..2 steps", true),
                        new SpecTask("lights", SpecTask.Kind.RUN, "goesOut", "2 but 2..2 steps", false));
    }

    @Test
    void shouldHoldWhatHoldsAndShowWhatDoesNot() {
        final SpecResult holds = lights.run(lights.tasks().get(0));
        assertThat(holds.isAsExpected()).isTrue();
        assertThat(holds.verdict()).isEqualTo("holds");
        assertThat(holds.instance()).isNull();

        final SpecResult fails = lights.run(lights.tasks().get(1));
        assertThat(fails.isAsExpected()).isFalse();
        assertThat(fails.verdict()).isEqualTo("counterexample");
        assertThat(fails.instance())
                .startsWith("in every state\n  Lamp = {Lamp$0")
                .contains("state 0\n  Lit = {}\nstate 1, what is new\n  Lit = {Lamp$");
    }

    @Test
    void shouldFindInstancesAndMissThem() {
        final SpecResult instance = lights.run(lights.tasks().get(2));
        assertThat(instance.isAsExpected()).isTrue();
        assertThat(instance.verdict()).isEqualTo("instance");

        final SpecResult none = lights.run(lights.tasks().get(3));
        assertThat(none.isAsExpected()).isFalse();
        assertThat(none.verdict()).isEqualTo("no instance");
    }

    @Test
    void shouldSayInOneSentenceWhereAModelIsWrong() {
        assertThatThrownBy(() -> SpecModel.parse("lights", "sig Lamp {}\npred dark { no Lit }"))
                .isInstanceOf(SpecException.class)
                .hasMessageStartingWith(
                        "The model lights is wrong at line 2, column 16: The name \"Lit\" cannot be found.")
                .hasMessageNotContaining("\n");
        assertThatThrownBy(() -> SpecModel.read(Path.of("no-such-model.als")))
                .isInstanceOf(SpecException.class)
                .hasMessage("The model no-such-model.als cannot be read.");
    }

    @Test
    void shouldLoadTheModelsOfSilo() {
        for (String name : SpecModel.NAMES) {
            final SpecModel model = SpecModel.load(name);
            assertThat(model.name()).isEqualTo(name);
            assertThat(model.tasks()).extracting(SpecTask::kind).contains(SpecTask.Kind.CHECK, SpecTask.Kind.RUN);
            assertThat(model.tasks()).extracting(SpecTask::name).doesNotHaveDuplicates();
        }
    }
}
