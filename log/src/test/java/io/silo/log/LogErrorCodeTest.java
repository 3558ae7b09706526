package io.silo.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Every code has its page and every page its code. */
class LogErrorCodeTest {
    private static final Path PAGES = Path.of("..", "docs", "errors");

    @Test
    void shouldHaveAPageForEachCode() throws IOException {
        for (LogErrorCode code : LogErrorCode.values()) {
            Path page = PAGES.resolve(code.code() + ".md");
            assertThat(page).exists();
            assertThat(Files.readString(page))
                    .startsWith("# " + code.code() + ": ")
                    .contains("`" + code.name() + "`")
                    .contains("## What happened")
                    .contains("## What to do");
        }
    }

    @Test
    void shouldHaveACodeForEachPage() throws IOException {
        var codes = Arrays.stream(LogErrorCode.values()).map(LogErrorCode::code).toList();
        try (var pages = Files.list(PAGES)) {
            assertThat(pages.map(page -> String.valueOf(page.getFileName()))
                            .filter(name -> name.startsWith("SILO-00"))
                            .map(name -> name.substring(0, name.length() - ".md".length())))
                    .containsExactlyInAnyOrderElementsOf(codes);
        }
    }

    @Test
    void shouldHaveNumbersWithoutGaps() {
        var numbers =
                Arrays.stream(LogErrorCode.values()).map(LogErrorCode::number).toList();
        assertThat(numbers)
                .isEqualTo(IntStream.rangeClosed(1, numbers.size()).boxed().toList());
    }
}
