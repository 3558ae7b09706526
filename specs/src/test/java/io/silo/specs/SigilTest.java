package io.silo.specs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The models and the code name each other: {@code [SILO-…]} stands at a clause and at the line that enforces it. */
class SigilTest {
    private static final Path SPECS = Path.of("").toAbsolutePath();
    private static final Path NOT_BUILT = SPECS.resolve("not-built.txt");
    private static final Pattern SIGIL = Pattern.compile("\\[(SILO(?:-[A-Z0-9]+)+)]");

    private static Map<String, Set<String>> inModels = Map.of();
    private static Map<String, Set<String>> inCode = Map.of();
    private static Map<String, String> notBuilt = Map.of();

    @BeforeAll
    static void readAll() throws IOException {
        inModels = sigilsUnder(SPECS, ".als", 1);
        inCode = new TreeMap<>();
        try (Stream<Path> modules = Files.list(SPECS.resolve(".."))) {
            for (Path module : modules.filter(Files::isDirectory).toList()) {
                final Path sources = module.resolve("src/main/java");
                if (Files.isDirectory(sources)) {
                    sigilsUnder(sources, ".java", Integer.MAX_VALUE)
                            .forEach((sigil, places) -> inCode.computeIfAbsent(sigil, key -> new TreeSet<>())
                                    .addAll(places));
                }
            }
        }
        notBuilt = new TreeMap<>();
        for (String line : Files.readAllLines(NOT_BUILT)) {
            if (!line.isBlank() && !line.startsWith("#")) {
                final String[] words = line.split("\\s+", 2);
                assertThat(words).as(line).hasSize(2);
                notBuilt.put(words[0], words[1]);
            }
        }
    }

    @Test
    void shouldFindSigilsInModelsAndCode() {
        assertThat(inModels).hasSizeGreaterThan(80);
        assertThat(inCode).hasSizeGreaterThan(50);
    }

    @Test
    void everySigilOfTheCodeShouldHaveAClauseInAModel() {
        final Map<String, Set<String>> strangers = new TreeMap<>(inCode);
        strangers.keySet().removeAll(inModels.keySet());
        assertThat(strangers)
                .as("no model has these: correct the sigil, or model what the line enforces")
                .isEmpty();
    }

    @Test
    void everyClauseOfABuiltPartShouldHaveALineOfCode() {
        final Map<String, Set<String>> untied = new TreeMap<>(inModels);
        untied.keySet().removeAll(inCode.keySet());
        untied.keySet().removeAll(notBuilt.keySet());
        assertThat(untied)
                .as("put the sigil at the line that enforces the clause, or name the part in not-built.txt")
                .isEmpty();
    }

    @Test
    void whatIsBuiltShouldNotBeListedAsNotBuilt() {
        final Map<String, String> built = new TreeMap<>(notBuilt);
        built.keySet().retainAll(inCode.keySet());
        assertThat(built)
                .as("these are in the code: take them out of not-built.txt")
                .isEmpty();

        final Map<String, String> unknown = new TreeMap<>(notBuilt);
        unknown.keySet().removeAll(inModels.keySet());
        assertThat(unknown)
                .as("no model has these: take them out of not-built.txt")
                .isEmpty();
    }

    private static Map<String, Set<String>> sigilsUnder(Path directory, String ending, int depth) throws IOException {
        final Map<String, Set<String>> found = new TreeMap<>();
        try (Stream<Path> files = Files.walk(directory, depth)) {
            for (Path file :
                    files.filter(path -> path.toString().endsWith(ending)).toList()) {
                final Matcher matcher = SIGIL.matcher(Files.readString(file));
                while (matcher.find()) {
                    found.computeIfAbsent(matcher.group(1), key -> new TreeSet<>())
                            .add(String.valueOf(file.getFileName()));
                }
            }
        }
        return found;
    }
}
