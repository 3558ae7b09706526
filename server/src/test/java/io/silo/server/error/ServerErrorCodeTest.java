package io.silo.server.error;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ServerErrorCodeTest {
    private static final Path PAGES = Path.of("../docs/errors");

    @Test
    void shouldHaveAPageForEveryCodeAndACodeForEveryPage() throws IOException {
        final String[] codes = Arrays.stream(ServerErrorCode.values())
                .map(code -> code.page() + ".md")
                .toArray(String[]::new);
        try (Stream<Path> pages = Files.list(PAGES)) {
            assertThat(pages.map(page -> String.valueOf(page.getFileName())).filter(name -> name.startsWith("SILO-01")))
                    .containsExactlyInAnyOrder(codes);
        }
        for (ServerErrorCode code : ServerErrorCode.values()) {
            assertThat(Files.readString(PAGES.resolve(code.page() + ".md")))
                    .startsWith("# " + code.page() + ": ")
                    .contains("`" + code.name() + "`")
                    .contains("## What happened")
                    .contains("## What to do");
            assertThat(code.number()).isBetween(101, 199);
        }
        assertThat(Arrays.stream(ServerErrorCode.values()).map(ServerErrorCode::number))
                .doesNotHaveDuplicates();
    }
}
