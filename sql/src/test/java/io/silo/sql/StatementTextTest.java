package io.silo.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class StatementTextTest {
    @Test
    void shouldFindPlaceholders() {
        final StatementText text =
                StatementText.of("SELECT $2, '$1', \"$3\" /* $4 */ FROM t -- $5\n WHERE a = $1 AND b = $12");
        assertThat(text.sql()).isEqualTo("SELECT ?, '$1', \"$3\" /* $4 */ FROM t -- $5\n WHERE a = ? AND b = ?");
        assertThat(text.placeholders()).isEqualTo(List.of(2, 1, 12));
        assertThat(text.isExplain()).isFalse();
    }

    @Test
    void shouldTakeExplainAway() {
        for (final String explain : List.of("EXPLAIN ", "explain\n", "EXPLAIN PLAN FOR ", "EXPLAIN VERBOSE ")) {
            final StatementText text = StatementText.of(explain + "SELECT 1;");
            assertThat(text.sql()).isEqualTo("SELECT 1");
            assertThat(text.isExplain()).isTrue();
        }
        assertThat(StatementText.of("EXPLAINED").isExplain()).isFalse();
    }

    @Test
    void shouldLeaveWhatIsNotClosedToTheParser() {
        assertThat(StatementText.of("SELECT '$1").placeholders()).isEmpty();
        assertThat(StatementText.of("SELECT /* $1").placeholders()).isEmpty();
        assertThat(StatementText.of("SELECT $").sql()).isEqualTo("SELECT $");
    }

    @Test
    void shouldRefuseOtherPlaceholders() {
        assertThatThrownBy(() -> StatementText.of("SELECT ?"))
                .isInstanceOf(SqlException.class)
                .hasMessageContaining("$1");
    }
}
