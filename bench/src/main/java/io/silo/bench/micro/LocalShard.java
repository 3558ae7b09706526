package io.silo.bench.micro;

import io.silo.log.EventLog;
import io.silo.log.EventLogContext;
import io.silo.log.LogIdentity;
import io.silo.log.chronicle.ChronicleCycleStore;
import io.silo.protocol.CommandSource;
import io.silo.protocol.ReplySink;
import io.silo.protocol.Session;
import io.silo.shard.Clock;
import io.silo.shard.Shard;
import io.silo.shard.ShardAgent;
import io.silo.shard.ShardContext;
import io.silo.shard.ShardListener;
import io.silo.shard.ThreadBounds;
import io.silo.shard.command.ColdRead;
import io.silo.shard.command.ColdReads;
import io.silo.shard.command.ShardSettings;
import io.silo.shard.rate.RateService;
import io.silo.shard.state.ShardState;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;

/**
 * A shard on a real log, with its agent and without a transport: who extends it is the other end, which gives commands and takes replies.
 * One thread, that of the agent.
 */
abstract class LocalShard implements CommandSource, ReplySink, ColdReads, ShardListener, Clock, AutoCloseable {
    final Session session = new Session(1, null);
    final Shard shard;
    final ShardAgent agent;

    LocalShard(Path directory, ShardSettings settings, ThreadBounds bounds) {
        final var random = new SecureRandom();
        final var context = new EventLogContext().lowWaterBytes(0).floorBytes(0).random(random::nextLong);
        final var log =
                EventLog.open(ChronicleCycleStore.open(directory, context), new LogIdentity(1, 2, 3, 4), context);
        shard = new Shard(new ShardContext(
                settings,
                log,
                this,
                random::nextLong,
                this,
                this,
                ShardState.Capacity.DEFAULT,
                0,
                0,
                ShardContext.PARKED_BYTES_MAX_DEFAULT,
                RateService.NONE));
        shard.recover(wallMs());
        agent = new ShardAgent("bench", List.of(shard), this, this, this, this, this, bounds);
    }

    @Override
    public boolean submit(ColdRead read) {
        return false;
    }

    @Override
    public long readAhead(int number, long position, int offset, int length) {
        return NOT_TAKEN;
    }

    @Override
    public long readAheadDone() {
        return 0;
    }

    @Override
    public int poll(Handler handler, int limit) {
        return 0;
    }

    @Override
    public void onShardFailed(int number, Throwable cause) {
        throw new IllegalStateException("the shard failed", cause);
    }

    @Override
    public void onMalformedCommand(int number, RuntimeException cause) {
        throw cause;
    }

    @Override
    public void onOverload(boolean begins, long refusals) {}

    @Override
    public void onClockStepHeld(boolean held) {}

    @Override
    public void onStandstill(long ms) {}

    @Override
    public long wallMs() {
        return System.currentTimeMillis();
    }

    @Override
    public long nanoTime() {
        return System.nanoTime();
    }

    @Override
    public void close() {
        agent.onClose();
    }
}
