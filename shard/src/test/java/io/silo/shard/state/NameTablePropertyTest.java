package io.silo.shard.state;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.silo.protocol.Xxh64;
import io.silo.shard.Allocations;
import io.silo.shard.Seeds;
import java.util.HashMap;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class NameTablePropertyTest {
    @Test
    void shouldCountHoldersOfEachName() {
        Seeds.forEach(10, seed -> {
            var random = new Random(seed);
            int namesMax = 1 + random.nextInt(300);
            var ids = new HashMap<String, Integer>();
            var holders = new HashMap<String, Integer>();
            try (var table = new NameTable(namesMax, seed / 2)) {
                for (int step = 0; step < 20_000; step++) {
                    String name = "näme-" + random.nextInt(400);
                    UnsafeBuffer bytes = buffer(name);
                    Integer known = ids.get(name);
                    assertThat(table.find(bytes, 0, bytes.capacity()))
                            .isEqualTo(known == null ? NameTable.NULL_ID : known);
                    if (random.nextInt(3) > 0) {
                        int id = table.acquire(bytes, 0, bytes.capacity());
                        if (known == null && ids.size() == namesMax) {
                            assertThat(id).isEqualTo(NameTable.NULL_ID);
                            continue;
                        }
                        assertThat(id).isBetween(0, namesMax - 1);
                        assertThat(known == null || known == id).isTrue();
                        ids.put(name, id);
                        holders.merge(name, 1, Integer::sum);
                    } else if (known != null) {
                        table.release(known);
                        if (holders.merge(name, -1, Integer::sum) == 0) {
                            holders.remove(name);
                            ids.remove(name);
                        }
                    }
                    assertThat(table.count()).isEqualTo(ids.size());
                }
                ids.forEach((name, id) -> check(table, name, id, requireNonNull(holders.get(name))));
            }
        });
    }

    @Test
    void shouldRefuseToReleaseWhatIsFree() {
        try (var table = new NameTable(4)) {
            int id = table.acquire(buffer("a"), 0, 1);
            table.acquire(id);
            table.release(id);
            table.release(id);
            assertThatThrownBy(() -> table.release(id)).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> table.acquire(id)).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> table.release(NameTable.NULL_ID)).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void shouldHoldNoMoreAfterAMillionNamesThatWentThanAfterTheFirst() {
        try (var table = new NameTable(1_000)) {
            UnsafeBuffer name = buffer("name-of-some-length");
            long bytes = 0;
            for (int i = 0; i < 1_000_000; i++) {
                name.putInt(0, i);
                table.release(table.acquire(name, 0, name.capacity()));
                bytes = i == 10_000 ? table.bytes() : bytes;
            }
            assertThat(table.bytes()).isEqualTo(bytes);
        }
    }

    @Test
    void shouldNotAllocateInSteadyState() {
        try (var table = new NameTable(1_000)) {
            UnsafeBuffer name = buffer("some-tenant-of-ours");
            Runnable churn = () -> {
                for (int i = 0; i < 100_000; i++) {
                    name.putInt(0, i % 100);
                    int id = table.acquire(name, 0, name.capacity());
                    if (i % 3 != 0) {
                        table.release(id);
                    }
                }
            };
            churn.run();
            assertThat(Allocations.bytesDuring(churn)).isLessThan(1_024);
        }
    }

    private static void check(NameTable table, String name, int id, int holders) {
        UnsafeBuffer bytes = buffer(name);
        assertThat(table.holders(id)).isEqualTo(holders);
        assertThat(table.hash(id)).isEqualTo(Xxh64.hash(bytes, 0, bytes.capacity()));
        assertThat(table.length(id)).isEqualTo(bytes.capacity());
        var view = new UnsafeBuffer(0, 0);
        table.wrap(id, view);
        assertThat(view.getStringWithoutLengthUtf8(0, view.capacity())).isEqualTo(name);
    }

    private static UnsafeBuffer buffer(String name) {
        return new UnsafeBuffer(name.getBytes(UTF_8));
    }
}
