package io.silo.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.silo.server.error.ServerErrorCode;
import io.silo.server.error.ServerException;
import org.junit.jupiter.api.Test;

class FileLimitTest {
    @Test
    void shouldRefuseALimitBelowWhatTheShardsMayNeed() {
        assertThatThrownBy(() -> FileLimit.check(259, 100, 4))
                .isInstanceOfSatisfying(
                        ServerException.class,
                        refused -> assertThat(refused.code()).isEqualTo(ServerErrorCode.FILE_LIMIT_TOO_LOW))
                .hasMessageContaining("may open 259 files")
                .hasMessageContaining("may need 260");
        FileLimit.check(260, 100, 4);
        FileLimit.check(4);
    }
}
