package io.silo.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.silo.server.error.ServerErrorCode;
import io.silo.server.error.ServerException;
import org.junit.jupiter.api.Test;

class FileLimitTest {
    @Test
    void shouldRefuseALimitBelowWhatTheShardsMayNeed() {
        assertThatThrownBy(() -> FileLimit.check(223, 4))
                .isInstanceOfSatisfying(
                        ServerException.class,
                        refused -> assertThat(refused.code()).isEqualTo(ServerErrorCode.FILE_LIMIT_TOO_LOW))
                .hasMessageContaining("may open 223 files")
                .hasMessageContaining("may need 224");
        FileLimit.check(224, 4);
        FileLimit.check(4);
    }
}
