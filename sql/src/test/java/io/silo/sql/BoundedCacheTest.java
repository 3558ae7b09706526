package io.silo.sql;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class BoundedCacheTest {
    @Test
    void shouldKeepWhatWasUsedLast() {
        final BoundedCache<Integer> cache = new BoundedCache<>(2, 100);
        cache.put("a", 1);
        cache.put("b", 2);
        assertThat(cache.get("a")).isEqualTo(1);
        cache.put("c", 3);
        assertThat(cache.get("b")).isNull();
        assertThat(cache.get("a")).isEqualTo(1);
        assertThat(cache.get("c")).isEqualTo(3);
    }

    @Test
    void shouldHoldNoMoreCharactersThanItMay() {
        final BoundedCache<Integer> cache = new BoundedCache<>(100, 10);
        cache.put("12345", 1);
        cache.put("1234", 2);
        cache.put("1234", 3);
        assertThat(cache.size()).isEqualTo(2);
        cache.put("123", 4);
        assertThat(cache.get("12345")).as("the oldest makes room").isNull();
        assertThat(cache.get("1234")).isEqualTo(3);
        assertThat(cache.get("123")).isEqualTo(4);
        cache.put("123456", 5);
        assertThat(cache.get("123456")).as("too long to be kept beside others").isNull();
        assertThat(cache.size()).isEqualTo(2);
    }
}
