package io.silo.tools;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** The launcher takes its JVM flags from a resource that the build fills; tests take theirs from the same properties. */
class JvmFlagsTest {
    @Test
    void testsShouldRunWithTheFlagsOfTheLauncher() throws IOException {
        final List<String> flags = flags(Runtime.version().feature());

        assertThat(flags)
                .contains("--add-exports=java.base/jdk.internal.ref=ALL-UNNAMED")
                .contains("--add-opens=java.base/sun.nio.ch=ALL-UNNAMED");
        assertThat(ManagementFactory.getRuntimeMXBean().getInputArguments()).containsAll(flags);
    }

    @Test
    void flagsOfNewerJdksShouldNotReachOlderOnes() throws IOException {
        assertThat(flags(17)).isNotEmpty().noneMatch(flag -> flag.contains("sun-misc-unsafe"));
        assertThat(flags(25)).containsAll(flags(17)).contains("--sun-misc-unsafe-memory-access=allow");
    }

    /** Reads the resource as the launcher does: each line is the first JDK that takes the flags, then the flags. */
    static List<String> flags(int jdk) throws IOException {
        final List<String> flags = new ArrayList<>();
        try (InputStream in = Objects.requireNonNull(JvmFlagsTest.class.getResourceAsStream("/silo-jvm-flags"))) {
            for (final String line : new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .toList()) {
                final List<String> words = List.of(line.trim().split("\\s+"));
                if (!words.get(0).equals("#") && Integer.parseInt(words.get(0)) <= jdk) {
                    flags.addAll(words.subList(1, words.size()));
                }
            }
        }
        return flags;
    }
}
