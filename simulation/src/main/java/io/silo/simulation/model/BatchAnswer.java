package io.silo.simulation.model;

import io.silo.protocol.RejectReason;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Answers to the items of a batch, in order. */
final class BatchAnswer {
    /**
     * @param codes that are right.
     * @param jobKey that must stand beside {@link RejectReason#OK}; beside a refusal the one beside it, see the reply.
     */
    private record Item(List<Integer> codes, long jobKey, long refusedKey) {}

    private final List<Item> items = new ArrayList<>();

    /** @param refusedKey job key beside a refusal. */
    void add(@Nullable RejectReason reason, long jobKey, long refusedKey) {
        items.add(new Item(List.of(reason == null ? RejectReason.OK : reason.code()), jobKey, refusedKey));
    }

    /** The item would have been accepted but nothing was appended for it. */
    void addEnvironment(long refusedKey, EnumSet<RejectReason> reasons) {
        items.add(new Item(reasons.stream().map(RejectReason::code).toList(), Long.MIN_VALUE, refusedKey));
    }

    int size() {
        return items.size();
    }

    void check(int index, long jobKey, int code, String command) {
        Claim.check(index < items.size(), "%s has %d items, its answer more", command, items.size());
        final Item item = items.get(index);
        Claim.check(
                item.codes().contains(code),
                "item %d of %s was answered %s; right was %s",
                index,
                command,
                name(code),
                item.codes().stream().map(BatchAnswer::name).toList());
        final long key = code == RejectReason.OK ? item.jobKey() : item.refusedKey();
        Claim.check(key == jobKey, "item %d of %s names job %d; right was %d", index, command, jobKey, key);
    }

    private static String name(int code) {
        return code == RejectReason.OK ? "OK" : String.valueOf(RejectReason.fromCode(code));
    }
}
