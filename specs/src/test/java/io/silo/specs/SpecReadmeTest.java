package io.silo.specs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** README.md lists every command of every model, and none besides. */
class SpecReadmeTest {
    private static final Pattern ROW = Pattern.compile(
            "\\| (check|run) `(\\w+)` \\| (holds|instance) \\| ([^|]+) \\| ([^|]+) \\| (?:`(\\w+)`)? ?\\|");
    private static final Pattern MUTANT = Pattern.compile("\\| `(SILO-[A-Z0-9-]+)` \\| `(\\w+)` \\|");

    private static List<String> lines = List.of();

    @BeforeAll
    static void readDocument() throws IOException {
        lines = Files.readAllLines(Path.of("README.md"));
    }

    @Test
    void shouldListEveryCommandWithItsVerdictAndScope() {
        for (String name : SpecModel.NAMES) {
            final List<String> listed = new ArrayList<>();
            for (Matcher row : rows(name)) {
                listed.add(row.group(1) + " " + row.group(2) + " " + row.group(3) + " for " + row.group(4));
            }
            final List<String> inModel = new ArrayList<>();
            for (SpecTask task : SpecModel.load(name).tasks()) {
                final String kind = task.kind().name().toLowerCase(Locale.ROOT);
                final String expected = task.kind() == SpecTask.Kind.CHECK ? "holds" : "instance";
                inModel.add(kind + " " + task.name() + " " + expected + " for " + task.scope()
                        + (task.isQuick() ? "" : ", slow"));
            }
            assertThat(listed).as(name).containsExactlyElementsOf(inModel);
        }
    }

    @Test
    void everyCheckShouldNameARunThatReachesItsPremises() {
        for (String name : SpecModel.NAMES) {
            final Set<String> runs = new HashSet<>();
            for (SpecTask task : SpecModel.load(name).tasks()) {
                if (task.kind() == SpecTask.Kind.RUN) {
                    runs.add(task.name());
                }
            }
            for (Matcher row : rows(name)) {
                if (row.group(1).equals("check")) {
                    assertThat(runs).as(row.group(2)).contains(String.valueOf(row.group(6)));
                }
            }
        }
    }

    /** One clause of each model, since each takes seconds; the others are tried by hand when a model changes. */
    @Test
    @Timeout(240) // solving takes seconds on a machine of its own, and minutes on a busy one
    void checksShouldNoticeWhenAClauseIsLeftOut() {
        final List<String> listed = new ArrayList<>();
        for (String line : lines) {
            final Matcher row = MUTANT.matcher(line);
            if (row.matches()) {
                listed.add(row.group(1) + " " + row.group(2));
            }
        }
        final List<String> tried =
                List.of("SILO-TOKEN-2 onlyItsHolderReports", "SILO-TRIM-1 carriedIsDurableBeforeTheTrim");
        assertThat(listed).containsAll(tried);
        for (String mutant : tried) {
            final String[] words = mutant.split(" ", 2);
            final SpecModel model = SpecModel.NAMES.stream()
                    .map(SpecModel::load)
                    .filter(candidate -> candidate.without(words[0]) != null)
                    .findFirst()
                    .orElseThrow();
            final SpecModel without = model.without(words[0]);
            assertThat(without).isNotNull();
            final SpecTask task = without.tasks().stream()
                    .filter(candidate -> candidate.name().equals(words[1]))
                    .findFirst()
                    .orElseThrow();
            assertThat(without.run(task).verdict()).as(mutant).isEqualTo("counterexample");
        }
    }

    private static List<Matcher> rows(String model) {
        final int heading = lines.indexOf("## " + model + ".als");
        assertThat(heading).as("heading of " + model).isNotNegative();
        final List<Matcher> rows = new ArrayList<>();
        for (int i = heading + 1; i < lines.size() && !lines.get(i).startsWith("## "); i++) {
            final Matcher row = ROW.matcher(lines.get(i));
            if (row.matches()) {
                rows.add(row);
            } else {
                assertThat(lines.get(i)).doesNotStartWith("| check").doesNotStartWith("| run");
            }
        }
        return rows;
    }
}
