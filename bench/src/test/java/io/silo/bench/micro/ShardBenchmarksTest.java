package io.silo.bench.micro;

import static org.assertj.core.api.Assertions.assertThat;

import io.silo.protocol.command.Durability;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The shard that the benchmarks run, tiny, so that none of them rots. */
class ShardBenchmarksTest {
    @TempDir
    Path directory;

    @Test
    void shouldRunJobsWithLimitsRoundAndRound() throws IOException {
        for (var work : new LifecycleShard.Work[] {
            LifecycleShard.Work.window(8),
            new LifecycleShard.Work(1, 40, 1, 1),
            new LifecycleShard.Work(4, 40, 1, 4),
            new LifecycleShard.Work(8, 40, 10, 1)
        }) {
            Path log = directory.resolve(work.toString());
            try (var shard = new LifecycleShard(log, Durability.APPENDED, work)) {
                shard.run(200);
                assertThat(shard.finished()).as("%s", work).isGreaterThanOrEqualTo(200);
            }
        }
    }
}
