package io.silo.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BatchesTest {
    @Test
    void shouldSplitByKeyCountAndSize() {
        final List<Integer> items = IntStream.range(0, 10).boxed().toList();
        assertThat(Batches.split(items, item -> item % 2, item -> 1, 3))
                .containsExactly(List.of(0, 2, 4), List.of(1, 3, 5), List.of(6, 8), List.of(7, 9));
        final int half = Batches.ROOM_BYTES / 2;
        assertThat(Batches.split(items, item -> "one", item -> item < 4 ? half : 1, 100))
                .containsExactly(List.of(0, 1), List.of(2, 3), List.of(4, 5, 6, 7, 8, 9));
        // What is too long for any message goes alone, and the server says so.
        assertThat(Batches.split(List.of(1, 2), item -> "one", item -> 2 * Batches.ROOM_BYTES, 100))
                .containsExactly(List.of(0), List.of(1));
    }

    @Test
    void shouldAnswerInTheOrderOfTheItemsWhateverComesFirst() {
        final List<Integer> items = IntStream.range(0, 100).boxed().toList();
        final List<Runnable> answers = new ArrayList<>();
        final CompletableFuture<List<String>> all = Batches.send(items, item -> item % 7, item -> 1, 4, batch -> {
            final CompletableFuture<List<String>> answer = new CompletableFuture<>();
            answers.add(() ->
                    answer.complete(batch.stream().map(item -> "of " + item).toList()));
            return answer;
        });
        Collections.reverse(answers);
        answers.forEach(Runnable::run);
        assertThat(answers).hasSizeGreaterThan(25);
        assertThat(all.join())
                .isEqualTo(items.stream().map(item -> "of " + item).toList());
    }

    @Test
    void shouldFailWhenAMessageHasNoAnswer() {
        final CompletableFuture<List<String>> all = Batches.send(
                List.of(1, 2),
                item -> item,
                item -> 1,
                4,
                batch -> batch.get(0) == 1
                        ? CompletableFuture.completedFuture(List.of("a"))
                        : CompletableFuture.failedFuture(new IllegalStateException("gone")));
        assertThat(all).isCompletedExceptionally();
    }
}
