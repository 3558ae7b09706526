package io.silo.bench.history;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MachineTest {
    @Test
    void shouldStayTheSameWhenTheKernelOrAFewMegabytesChange() {
        final String id = Machine.of(2, "Model 7", 16_000, "Linux 6.1", "ext4").id();

        assertThat(Machine.of(2, "Model 7", 16_010, "Linux 6.2", "ext4").id())
                .isEqualTo(id)
                .hasSize(8);
        assertThat(Machine.of(4, "Model 7", 16_000, "Linux 6.1", "ext4").id()).isNotEqualTo(id);
        assertThat(Machine.of(2, "Model 8", 16_000, "Linux 6.1", "ext4").id()).isNotEqualTo(id);
        assertThat(Machine.of(2, "Model 7", 32_000, "Linux 6.1", "ext4").id()).isNotEqualTo(id);
        assertThat(Machine.of(2, "Model 7", 16_000, "Linux 6.1", "xfs").id()).isNotEqualTo(id);
    }

    @Test
    void shouldDescribeThisMachineWithoutItsName(@TempDir Path directory) throws IOException {
        final Machine here = Machine.here(directory);

        assertThat(here.cores()).isPositive();
        assertThat(here.memoryMib()).isGreaterThan(100);
        assertThat(here.kernel()).startsWith("Linux");
        assertThat(here.fileSystem()).isNotEmpty();
        assertThat(here.toString()).doesNotContain(InetAddress.getLocalHost().getHostName(), "/");
    }
}
