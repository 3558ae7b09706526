package io.silo.server;

import io.silo.log.EmptyLog;
import io.silo.log.EventLog;
import io.silo.log.EventLogContext;
import io.silo.log.FaultPlan;
import io.silo.log.LogException;
import io.silo.log.LogIdentity;
import io.silo.log.chronicle.ChronicleCycleStore;
import io.silo.protocol.ReplySink;
import io.silo.server.assignment.NodeAddress;
import io.silo.server.assignment.ShardAssignment;
import io.silo.server.assignment.ShardMap;
import io.silo.server.assignment.ShardOwnership;
import io.silo.server.config.ServerConfig;
import io.silo.server.config.Settings;
import io.silo.server.config.TenancyMode;
import io.silo.server.data.DataDirectory;
import io.silo.server.error.ServerErrorCode;
import io.silo.server.error.ServerException;
import io.silo.server.metrics.HealthReport.ShardState;
import io.silo.shard.Shard;
import io.silo.shard.ShardContext;
import io.silo.shard.ShardListener;
import io.silo.shard.command.ColdReads;
import io.silo.shard.command.Retention;
import io.silo.shard.command.ShardSettings;
import io.silo.shard.rate.RateService;
import io.silo.shard.state.ShardState.Capacity;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens the shards of a data directory, several at once: first every log is judged, then the healthy ones are replayed. What is
 * damaged or missing is quarantined with a sentence; the others serve. Used by the thread that
 * starts the server, later by the one that empties its shards.
 */
final class ShardOpening {
    private static final Logger LOGGER = LoggerFactory.getLogger(ShardOpening.class);

    /** Share of the largest heap that the indexes may take: they lie outside it, under a limit of the same size. */
    private static final int MEMORY_PERCENT = 75;

    private final ServerConfig config;
    private final DataDirectory directory;
    private final ShardAssignment assignment;
    private final FaultPlan faults;
    private final EventLogContext logContext;
    private final SecureRandom random = new SecureRandom();

    /** @param faults what goes wrong by plan. */
    ShardOpening(ServerConfig config, DataDirectory directory, ShardAssignment assignment, FaultPlan faults) {
        this.config = config;
        this.directory = directory;
        this.assignment = assignment;
        this.faults = faults;
        final long floorBytes = config.value(Settings.DISK_FLOOR_BYTES);
        final long lowBytes = config.value(Settings.DISK_LOW_BYTES);
        final long cycleBytes = config.value(Settings.CYCLE_BYTES);
        this.logContext = new EventLogContext()
                .cycleBytes(cycleBytes)
                .faults(faults)
                .floorBytes(floorBytes)
                .lowWaterBytes(lowBytes == 0 ? floorBytes + 2 * cycleBytes : lowBytes)
                .historyRetentionMs(TimeUnit.SECONDS.toMillis(config.value(Settings.HISTORY_RETENTION_S)))
                .appendedSyncBytes(config.value(Settings.APPENDED_SYNC_BYTES))
                .appendedSyncDelayNs(TimeUnit.MILLISECONDS.toNanos(config.value(Settings.APPENDED_SYNC_DELAY_MS)));
        logContext.bootIdHigh(); // read once, before several threads want it
    }

    /**
     * Notes that the shards are to be emptied, each above every epoch that anybody may know; durable on return. They are by the next
     * {@link #judge}. Their logs are closed.
     *
     * @param epochsUnknown by how much those are raised whose log could not be opened.
     */
    void beginEmptying(List<ShardSlot> slots, long epochsUnknown) {
        final Map<UUID, Long> epochFloors = new HashMap<>();
        for (ShardSlot slot : slots) {
            final EventLog log = slot.log();
            final long floor = assignment.claim(slot.id()).epochFloor();
            epochFloors.put(
                    slot.id(), log == null ? Math.addExact(floor, epochsUnknown) : Math.max(floor, log.shardEpoch()));
        }
        assignment.beginEmptying(epochFloors);
    }

    /** Does what was noted. One that cannot be emptied keeps its note, and is not served. */
    private void finishEmptying() {
        final Set<UUID> emptied = new HashSet<>();
        for (ShardMap.Shard shard : assignment.shardMap().shards()) {
            if (shard.isEmptying() && isOwn(shard)) {
                try {
                    directory.createShardDirectory(shard.id());
                    EmptyLog.make(directory.shardDirectory(shard.id()), shard.epochOpened(), faults);
                    emptied.add(shard.id());
                } catch (LogException | ServerException failed) {
                    LOGGER.error("Shard {} cannot be emptied", shard.id(), failed);
                }
            }
        }
        if (!emptied.isEmpty()) {
            faults.at("reset.emptied");
            assignment.onEmptied(emptied);
            LOGGER.warn("{} shards are empty now, as an operator asked (ResetShards)", emptied.size());
        }
    }

    /** Unix epoch ms of a shard's first opening; 0 = not known. Any thread. */
    long createdAtMs(UUID shardId) {
        return assignment.shardMap().shards().stream()
                .filter(shard -> shard.id().equals(shardId))
                .mapToLong(ShardMap.Shard::createdAtMs)
                .sum();
    }

    /**
     * Judges every log of this node, after emptying those that are noted to be; those that can be served have a log afterwards, the others a
     * sentence.
     */
    List<ShardSlot> judge() {
        finishEmptying();
        final List<ShardSlot> slots = new ArrayList<>();
        final Map<UUID, ShardOwnership> owned = new HashMap<>();
        final List<ShardMap.Shard> all = assignment.shardMap().shards();
        for (int i = 0; i < all.size(); i++) {
            if (isOwn(all.get(i))) {
                slots.add(new ShardSlot(i, all.get(i)));
                owned.put(all.get(i).id(), assignment.claim(all.get(i).id()));
            }
        }
        inParallel(
                slots,
                slot -> judge(slot, Objects.requireNonNull(owned.get(slot.id()))),
                () -> LOGGER.info("Looking at the logs of {} shards", slots.size()));
        return slots;
    }

    /** Whether the map has this node for its owner. */
    private boolean isOwn(ShardMap.Shard shard) {
        final NodeAddress owner = assignment.owner(shard.id());
        return owner != null && owner.nodeId().equals(directory.identity().nodeId());
    }

    private void judge(ShardSlot slot, ShardOwnership ownership) {
        final Path path = directory.shardDirectory(slot.id());
        if (slot.entry().isEmptying()) {
            slot.become(ShardState.FAILED, "It is to be emptied, but " + path + " cannot be: see the server's log.");
            return;
        }
        if (!Files.isDirectory(path)) {
            quarantine(slot, ServerErrorCode.SHARD_LOG_MISSING, "Its directory " + path + " is missing.");
            return;
        }
        try {
            final EventLog log =
                    EventLog.open(ChronicleCycleStore.open(path, logContext), identity(slot.id()), logContext);
            if (log.shardEpoch() < ownership.epochFloor()) {
                log.close();
                quarantine(
                        slot,
                        ServerErrorCode.SHARD_LOG_MISSING,
                        "Its log knows epochs up to " + log.shardEpoch() + ", but it was opened under epoch "
                                + ownership.epochFloor() + ": its directory is empty or an old copy.");
                return;
            }
            slot.log(log);
        } catch (LogException damaged) {
            refuse(slot, damaged);
        }
    }

    private LogIdentity identity(UUID shardId) {
        final UUID cluster = directory.identity().clusterId();
        return new LogIdentity(
                cluster.getMostSignificantBits(),
                cluster.getLeastSignificantBits(),
                shardId.getMostSignificantBits(),
                shardId.getLeastSignificantBits());
    }

    /** Makes the shard of a log that was judged well. */
    void make(ShardSlot slot, ReplySink replies, ColdReads coldReads, RateService rateService, ShardListener listener) {
        final EventLog log = slot.log();
        if (log == null) {
            throw new IllegalArgumentException("shard " + slot.index() + " has no log");
        }
        final SplittableRandom seeded = new SplittableRandom(random.nextLong());
        slot.shard(new Shard(new ShardContext(
                settings(slot),
                log,
                replies,
                seeded::nextLong,
                coldReads,
                listener,
                Capacity.DEFAULT,
                logContext.bootIdHigh(),
                logContext.bootIdLow(),
                ShardContext.PARKED_BYTES_MAX_DEFAULT,
                rateService)));
    }

    private ShardSettings settings(ShardSlot slot) {
        final long configured = config.value(Settings.MEMORY_BYTES_MAX);
        final long memoryBytes = configured == 0 ? Runtime.getRuntime().maxMemory() / 100 * MEMORY_PERCENT : configured;
        return new ShardSettings(
                slot.number(),
                config.intValue(Settings.LEASE_MS),
                config.intValue(Settings.CRASH_LOOP_MAX),
                config.intValue(Settings.PAYLOAD_BYTES_MAX),
                memoryBytes / ownCount(),
                tenancy(config.value(Settings.TENANCY_MODE)),
                slot.entry().rangeFirst(),
                slot.entry().rangeLast(),
                retention());
    }

    /** At least one: asked for the shards of this node alone. */
    private int ownCount() {
        return (int) assignment.shardMap().shards().stream().filter(this::isOwn).count();
    }

    private Retention.Limits retention() {
        final long jobsMax = config.value(Settings.FINISHED_JOBS_MAX) / ownCount();
        return new Retention.Limits(
                config.value(Settings.RETENTION_SUCCEEDED_S) * 1_000,
                config.value(Settings.RETENTION_FAILED_S) * 1_000,
                config.value(Settings.RETENTION_CANCELLED_S) * 1_000,
                (int) Math.max(1, jobsMax));
    }

    private static ShardSettings.Tenancy tenancy(TenancyMode mode) {
        return switch (mode) {
            case OFF -> ShardSettings.Tenancy.OFF;
            case OPTIONAL -> ShardSettings.Tenancy.OPTIONAL;
            case REQUIRED -> ShardSettings.Tenancy.REQUIRED;
        };
    }

    /**
     * Replays and opens every shard that was made, then notes their epochs.
     *
     * @return events replayed, of all shards together.
     */
    long recover(List<ShardSlot> slots) {
        final LongAdder events = new LongAdder();
        final ReplayProgress progress = new ReplayProgress(slots);
        inParallel(
                longestFirst(slots),
                slot -> {
                    final Shard shard = slot.shard();
                    final EventLog log = slot.log();
                    if (shard == null || log == null) {
                        return;
                    }
                    try {
                        events.add(shard.recover(System.currentTimeMillis()));
                        slot.epoch(log.shardEpoch());
                        slot.become(ShardState.SERVING, "");
                    } catch (LogException damaged) {
                        log.close();
                        refuse(slot, damaged);
                    } catch (RuntimeException | Error broken) {
                        // An applier that met an impossible event: the log is whole, what it says is not.
                        log.close();
                        LOGGER.error("Shard {} could not be replayed", slot.index(), broken);
                        quarantine(
                                slot,
                                ServerErrorCode.SHARD_QUARANTINED,
                                "Its log cannot be replayed: " + broken.getMessage());
                    }
                },
                () -> LOGGER.info("Replaying: {}", progress));
        for (ShardSlot slot : slots) {
            if (slot.state() == ShardState.SERVING && slot.log() != null) {
                assignment.onOpened(slot.id(), slot.route().shardEpoch(), System.currentTimeMillis());
            }
        }
        return events.sum();
    }

    /** So that no thread begins a long log when the others are done. */
    private static List<ShardSlot> longestFirst(List<ShardSlot> slots) {
        return slots.stream()
                .sorted(Comparator.comparingLong(ShardOpening::records).reversed())
                .toList();
    }

    private static long records(ShardSlot slot) {
        final EventLog log = slot.log();
        return log == null ? 0 : log.appendedPosition() - log.firstPosition();
    }

    private void refuse(ShardSlot slot, LogException failure) {
        if (failure.code().isCorruption()) {
            quarantine(
                    slot,
                    ServerErrorCode.SHARD_QUARANTINED,
                    failure.getMessage() + " [" + failure.code().code() + "]");
        } else {
            final String why = failure.getMessage() + " [" + failure.code().code() + "]";
            slot.become(ShardState.FAILED, why);
            LOGGER.error("Shard {} ({}) is not served: {}", slot.index(), slot.id(), why);
        }
    }

    private void quarantine(ShardSlot slot, ServerErrorCode code, String why) {
        // The log's own sentences end with the command to run.
        final String command =
                why.contains("silo log verify") ? "" : " Run: ./silo log verify " + directory.shardDirectory(slot.id());
        final String sentence = why + command + " [" + code.page() + "]";
        slot.become(ShardState.QUARANTINED, sentence);
        LOGGER.error("Shard {} ({}) is quarantined, the others serve: {}", slot.index(), slot.id(), sentence);
    }

    private interface SlotTask {
        void run(ShardSlot slot);
    }

    /** Opening waits for the disk and computes in turn: one thread a core keeps both busy. {@code eachSecond} says how far it is. */
    private static void inParallel(List<ShardSlot> slots, SlotTask task, Runnable eachSecond) {
        final int threads =
                Math.max(1, Math.min(slots.size(), Runtime.getRuntime().availableProcessors()));
        final ExecutorService executor =
                Executors.newFixedThreadPool(threads, runnable -> new Thread(runnable, "silo-open"));
        try {
            final List<Future<?>> running = new ArrayList<>();
            for (ShardSlot slot : slots) {
                running.add(executor.submit(() -> task.run(slot)));
            }
            for (Future<?> future : running) {
                await(future, eachSecond);
            }
        } catch (ExecutionException failed) {
            throw failed.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(failed);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while opening shards", interrupted);
        } finally {
            executor.shutdown();
        }
    }

    private static void await(Future<?> future, Runnable eachSecond) throws ExecutionException, InterruptedException {
        while (true) {
            try {
                future.get(1, TimeUnit.SECONDS);
                return;
            } catch (TimeoutException stillRunning) {
                eachSecond.run();
            }
        }
    }
}
