package io.silo.log;

/** Makes the one sentence that a damaged log is reported with: which shard, where, what, and the command to run. */
final class Corruption {
    private final String name;
    private final String shard;

    Corruption(CycleSource source, LogIdentity identity) {
        name = source.name();
        shard = identity.shardName();
    }

    /**
     * @param cycle where, or negative if no cycle is meant.
     * @param position where, or negative.
     * @param fileOffset where, or negative.
     * @param fact a clause without a full stop.
     */
    LogException exception(LogErrorCode code, long cycle, long position, long fileOffset, String fact) {
        var sentence = new StringBuilder(256).append("The log of shard ").append(shard);
        sentence.append(" is damaged");
        if (cycle >= 0) {
            sentence.append(" in cycle ").append(cycle);
        }
        if (position >= 0) {
            sentence.append(" at position ").append(position);
        }
        if (fileOffset >= 0) {
            sentence.append(", file offset ").append(fileOffset);
        }
        sentence.append(": ")
                .append(fact)
                .append("; run `./silo log verify ")
                .append(name)
                .append("`.");
        return new LogException(code, true, sentence.toString(), null);
    }
}
