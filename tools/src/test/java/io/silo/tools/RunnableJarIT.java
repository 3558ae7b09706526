package io.silo.tools;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** {@code java -jar} works without flags, because the manifest carries them. */
class RunnableJarIT {
    private static final Path BUILT = Path.of("target");

    @Test
    void manifestShouldOpenWhatTheLauncherOpens() throws IOException {
        final Attributes manifest;
        try (JarFile jar = new JarFile(jar().toFile())) {
            manifest = jar.getManifest().getMainAttributes();
        }

        final List<String> opened = new ArrayList<>();
        words(manifest.getValue("Add-Exports")).forEach(p -> opened.add("--add-exports=" + p + "=ALL-UNNAMED"));
        words(manifest.getValue("Add-Opens")).forEach(p -> opened.add("--add-opens=" + p + "=ALL-UNNAMED"));
        opened.add("--enable-native-access=" + manifest.getValue("Enable-Native-Access"));

        // A manifest can carry neither a property nor the switch about Unsafe, which only quiets a warning.
        assertThat(opened)
                .containsExactlyInAnyOrderElementsOf(JvmFlagsTest.flags(25).stream()
                        .filter(flag -> !flag.startsWith("-D") && !flag.startsWith("--sun-misc-unsafe"))
                        .toList());
    }

    @Test
    void manifestShouldNameOnlyLibrariesThatLieBesideTheJar() throws IOException {
        try (JarFile jar = new JarFile(jar().toFile())) {
            final List<String> libraries =
                    words(jar.getManifest().getMainAttributes().getValue("Class-Path"));

            assertThat(libraries)
                    .isNotEmpty()
                    .allSatisfy(library -> assertThat(BUILT.resolve(library)).exists());
            assertThat(libraries).noneMatch(library -> library.contains("analytics"));
            // Alloy's jar holds an old slf4j: the one that comes first is used.
            assertThat(libraries.stream().filter(library -> library.contains("slf4j-api") || library.contains("alloy")))
                    .element(0)
                    .asString()
                    .contains("slf4j-api");
        }
    }

    @Test
    void shouldStartWithoutFlags() throws IOException, InterruptedException {
        final Path output = Files.createTempFile("silo-jar", ".out");
        final Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-jar",
                        jar().toString(),
                        "--version")
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();

        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(Files.readString(output, StandardCharsets.UTF_8)).startsWith("silo ");
        assertThat(process.exitValue()).isZero();
        Files.delete(output);
    }

    private static Path jar() throws IOException {
        try (Stream<Path> files = Files.list(BUILT)) {
            return files.filter(
                            file -> file.getFileName().toString().matches("silo-tools-[0-9.]+(-[0-9A-Za-z.]+)?\\.jar"))
                    .findFirst()
                    .orElseThrow();
        }
    }

    private static List<String> words(String text) {
        return List.of(text.split(" "));
    }
}
