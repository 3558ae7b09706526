package io.silo.sql;

import static org.assertj.core.api.Assertions.assertThatCode;

import org.junit.jupiter.api.Test;

class SqlEngineTest {
    @Test
    void shouldPlanWhatItIsWarmedUpWith() {
        assertThatCode(new SqlEngine()::warmUp).doesNotThrowAnyException();
    }
}
