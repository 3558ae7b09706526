package io.silo.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.silo.client.JobFilter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine.TypeConversionException;

/** What a filter may look like; which jobs it finds is for the integration tests. */
class WhereTextTest {
    private static JobFilter read(String text) {
        return new WhereText().convert(text);
    }

    @Test
    void shouldReadEveryCondition() {
        assertThat(read("tenant=a group=g status=failed,CANCELLED age>7d metadata.k=v"))
                .isNotNull();
        assertThat(read("  status=any  ")).isNotNull();
        assertThat(read("metadata.k= metadata.l=a=b metadata.m=\"two words\" group=\"a b\""))
                .isNotNull();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'' | no condition is named",
                "'  ' | no condition is named",
                "status=lost | 'lost' is no status",
                "status=failed, | '' is no status",
                "tenant= | names no value",
                "colour=blue | is no condition",
                "failed | is no condition",
                "metadata.=v | is no condition",
                "age=7d | is no condition",
                "age>soon | is no duration",
                "group=\"open | is not closed",
            })
    void shouldSayWhatIsWrong(String text, String complaint) {
        assertThatThrownBy(() -> read(text))
                .isInstanceOf(TypeConversionException.class)
                .hasMessageContaining(complaint);
    }
}
