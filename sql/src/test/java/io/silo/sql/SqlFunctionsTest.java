package io.silo.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SqlFunctionsTest {
    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '"',
            value = {
                "abc,abc,true",
                "abc,ab,false",
                "abc,a%,true",
                "abc,%c,true",
                "abc,%b%,true",
                "abc,_b_,true",
                "abc,__,false",
                "abc,%%%,true",
                "\"\",%,true",
                "\"\",_,false",
                "aXbXc,a%b%c,true",
                "aab,%ab,true"
            })
    void shouldMatchAsPatternsDo(String text, String pattern, boolean matches) {
        assertThat(SqlFunctions.like(text, pattern, "")).isEqualTo(matches);
    }

    @Test
    void shouldTakeAnEscape() {
        assertThat(SqlFunctions.like("50%", "50!%", "!")).isTrue();
        assertThat(SqlFunctions.like("50x", "50!%", "!")).isFalse();
        assertThat(SqlFunctions.like("a_b", "a!_b", "!")).isTrue();
        assertThat(SqlFunctions.like("axb", "a!_b", "!")).isFalse();
        assertThat(SqlFunctions.ilike("ABC", "a%", "")).isTrue();
        assertThat(SqlFunctions.like(null, "a", "")).isNull();
    }

    @Test
    void shouldTakeAnEscapeThatIsALetterWhateverTheCase() {
        assertThat(SqlFunctions.ilike("AX%", "aXX!%", "X")).isFalse();
        assertThat(SqlFunctions.ilike("A%", "aX%", "X")).isTrue();
        assertThat(SqlFunctions.ilike("AxB", "axb", "X"))
                .as("x is not the escape")
                .isTrue();
        assertThatThrownBy(() -> SqlFunctions.like("a", "a", "!!")).hasMessageContaining("ESCAPE takes one character");
    }

    @Test
    void shouldAgreeWithARegularExpression() {
        final Random random = new Random(7);
        for (int i = 0; i < 20_000; i++) {
            final String text = random(random, "ab", 8);
            final String pattern = random(random, "ab%_", 6);
            final String regex = pattern.replace("%", ".*").replace('_', '.');
            assertThat(SqlFunctions.like(text, pattern, ""))
                    .as("'%s' LIKE '%s'", text, pattern)
                    .isEqualTo(Pattern.matches(regex, text));
        }
    }

    private static String random(Random random, String characters, int lengthMax) {
        final StringBuilder text = new StringBuilder();
        for (int left = random.nextInt(lengthMax + 1); left > 0; left--) {
            text.append(characters.charAt(random.nextInt(characters.length())));
        }
        return text.toString();
    }

    @Test
    void shouldNotTakeForeverForAnyPattern() {
        final String text = "a".repeat(100_000);
        final String pattern = "%a".repeat(40) + "%b";
        org.junit.jupiter.api.Assertions.assertTimeout(
                Duration.ofSeconds(5),
                () -> assertThat(SqlFunctions.like(text, pattern, "")).isFalse());
    }

    @Test
    void shouldTellWhatMatchesBeginWith() {
        assertThat(SqlFunctions.prefix("abc%", "")).isEqualTo("abc");
        assertThat(SqlFunctions.prefix("a_c%", "")).isEqualTo("a");
        assertThat(SqlFunctions.prefix("%", "")).isEmpty();
        assertThat(SqlFunctions.prefix("a!%b%", "!")).isEqualTo("a");
    }
}
