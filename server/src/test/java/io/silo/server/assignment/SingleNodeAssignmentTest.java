package io.silo.server.assignment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.silo.server.data.DataDirectory;
import io.silo.server.error.ServerErrorCode;
import io.silo.server.error.ServerException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SingleNodeAssignmentTest {
    @TempDir
    Path parent;

    @Test
    void shouldCoverTheHashSpaceExactlyOnceForEveryCount() {
        final SplittableRandom random = new SplittableRandom(42);
        for (int count = 1; count <= ShardMap.SHARDS_MAX; count++) {
            final ShardMap map = ShardMap.ofEqualRanges(count, UUID::randomUUID);
            for (int i = 0; i < 100; i++) {
                final long hash = i == 0 ? 0 : i == 1 ? -1L : random.nextLong();
                final ShardMap.Shard shard = map.shards().get(map.shardOf(hash));
                assertThat(Long.compareUnsigned(shard.rangeFirst(), hash)).isLessThanOrEqualTo(0);
                assertThat(Long.compareUnsigned(hash, shard.rangeLast())).isLessThanOrEqualTo(0);
            }
        }
    }

    @Test
    void shouldRefuseGapsOverlapsAndRepeatedIds() {
        final UUID a = UUID.randomUUID();
        final UUID b = UUID.randomUUID();
        for (List<ShardMap.Shard> wrong : List.of(
                List.of(new ShardMap.Shard(a, 0, 9, 0), new ShardMap.Shard(b, 11, -1, 0)),
                List.of(new ShardMap.Shard(a, 0, 9, 0), new ShardMap.Shard(b, 9, -1, 0)),
                List.of(new ShardMap.Shard(a, 0, 9, 0), new ShardMap.Shard(a, 10, -1, 0)),
                List.of(new ShardMap.Shard(a, 0, 9, 0)),
                List.of(new ShardMap.Shard(a, 0, -1, 0), new ShardMap.Shard(b, 0, -1, 0)),
                List.<ShardMap.Shard>of())) {
            assertThatThrownBy(() -> new ShardMap(wrong)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void shouldKeepTheMapAndRaiseTheFloorAboveEveryOpening() {
        final Path path = parent.resolve("data");
        final ShardMap made;
        try (DataDirectory directory = DataDirectory.open(path)) {
            final SingleNodeAssignment assignment = SingleNodeAssignment.open(directory, 3, 1);
            made = assignment.shardMap();
            final UUID first = made.shards().get(0).id();
            assertThat(assignment.claim(first).epochFloor()).isZero();
            assignment.onOpened(first, 1, 5);
            assignment.onOpened(first, 7, 6);
            assertThatThrownBy(() -> assignment.onOpened(first, 7, 6)).isInstanceOf(IllegalArgumentException.class);
        }
        try (DataDirectory directory = DataDirectory.open(path)) {
            // A count that changed in the configuration must not move tenants to other shards.
            final SingleNodeAssignment assignment = SingleNodeAssignment.open(directory, 5, 2);
            assertThat(assignment.shardMap().shards())
                    .extracting(ShardMap.Shard::id)
                    .isEqualTo(made.shards().stream().map(ShardMap.Shard::id).toList());
            assertThat(assignment.claim(made.shards().get(0).id()).epochFloor()).isEqualTo(7);
            assertThat(Files.isDirectory(
                            directory.shardDirectory(made.shards().get(2).id())))
                    .isTrue();
        }
    }

    @Test
    void shouldRefuseToStartAfreshWhenTheMapIsLost() throws IOException {
        final Path path = parent.resolve("data");
        try (DataDirectory directory = DataDirectory.open(path)) {
            final SingleNodeAssignment assignment = SingleNodeAssignment.open(directory, 2, 1);
            final UUID shard = assignment.shardMap().shards().get(1).id();
            // A crash before the map was written: only empty directories, so nothing was lost and it starts again.
            Files.delete(path.resolve(SingleNodeAssignment.NAME));
            SingleNodeAssignment.open(directory, 2, 1);
            Files.delete(path.resolve(SingleNodeAssignment.NAME));
            Files.createDirectories(directory.shardDirectory(shard).resolve("cycles"));
            assertThatThrownBy(() -> SingleNodeAssignment.open(directory, 2, 1))
                    .isInstanceOfSatisfying(
                            ServerException.class,
                            failure -> assertThat(failure.code()).isEqualTo(ServerErrorCode.DATA_DIRECTORY_DAMAGED));
        }
    }

    @Test
    void shouldRefuseADamagedMap() throws IOException {
        final Path path = parent.resolve("data");
        try (DataDirectory directory = DataDirectory.open(path)) {
            SingleNodeAssignment.open(directory, 2, 1);
            final Path file = path.resolve(SingleNodeAssignment.NAME);
            final String good = Files.readString(file);
            for (String bad : List.of(
                    good.replace("ffffffffffffffff", "fffffffffffffffe"),
                    good.replaceFirst("7fff", "6fff"),
                    good.replace("range_first", "first"),
                    good.replace("\"format\" : 1", "\"format\" : 9"),
                    good.substring(0, 40))) {
                assertThat(bad).isNotEqualTo(good);
                Files.writeString(file, bad);
                assertThatThrownBy(() -> SingleNodeAssignment.open(directory, 2, 1))
                        .isInstanceOf(ServerException.class);
            }
        }
    }

    /** CLEAN-6: at the first opening, for ever. A map of an older release tells of none. */
    @Test
    void shouldKeepWhenAShardWasFirstOpened() throws IOException {
        final Path path = parent.resolve("data");
        final Path file = path.resolve(SingleNodeAssignment.NAME);
        try (DataDirectory directory = DataDirectory.open(path)) {
            final SingleNodeAssignment assignment = SingleNodeAssignment.open(directory, 1, 1);
            final UUID id = assignment.shardMap().shards().get(0).id();
            assignment.onOpened(id, 1, 500);
            assignment.onOpened(id, 2, 600);
            assignment.beginEmptying(Map.of(id, 2L));
            assignment.onEmptied(Set.of(id));
            assignment.onOpened(id, 3, 700);
            assertThat(SingleNodeAssignment.read(file).shards().get(0).createdAtMs())
                    .isEqualTo(500);
            Files.writeString(file, Files.readString(file).replaceFirst(",\\s*\"created_at_ms\" : 500", ""));
            final SingleNodeAssignment older = SingleNodeAssignment.open(directory, 1, 1);
            older.onOpened(id, 4, 800);
            assertThat(SingleNodeAssignment.read(file).shards().get(0).createdAtMs())
                    .isZero();
        }
    }

    @Test
    void shouldNoteWhatIsToBeEmptiedWhereOlderReleasesStop() throws IOException {
        final Path path = parent.resolve("data");
        final Path file = path.resolve(SingleNodeAssignment.NAME);
        try (DataDirectory directory = DataDirectory.open(path)) {
            final SingleNodeAssignment assignment = SingleNodeAssignment.open(directory, 2, 1);
            final UUID first = assignment.shardMap().shards().get(0).id();
            final UUID second = assignment.shardMap().shards().get(1).id();
            assertThat(Files.readString(file)).contains("\"format\" : 1");
            assignment.onOpened(first, 7, 500);
            assertThatThrownBy(() -> assignment.beginEmptying(Map.of(first, 9L, UUID.randomUUID(), 9L)))
                    .isInstanceOf(IllegalArgumentException.class);
            assignment.beginEmptying(Map.of(first, 5L, second, 9L));
            assertThat(Files.readString(file)).contains("\"format\" : 2");
            final SingleNodeAssignment again = SingleNodeAssignment.open(directory, 2, 1);
            assertThat(again.shardMap().shards()).allMatch(ShardMap.Shard::isEmptying);
            assertThat(again.claim(first).epochFloor()).as("never lower").isEqualTo(7);
            assertThat(again.claim(second).epochFloor()).isEqualTo(9);
            again.onEmptied(Set.of(first));
            assertThat(SingleNodeAssignment.read(file).shards())
                    .extracting(ShardMap.Shard::isEmptying)
                    .containsExactly(false, true);
            again.onEmptied(Set.of(second));
            assertThat(Files.readString(file)).contains("\"format\" : 1");
        }
    }
}
