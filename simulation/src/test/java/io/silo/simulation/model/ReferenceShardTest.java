package io.silo.simulation.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.silo.protocol.Bounds;
import io.silo.protocol.event.AttemptCancelledDecoder;
import io.silo.protocol.event.AttemptFailedDecoder;
import io.silo.protocol.event.AttemptRefusedDecoder;
import io.silo.protocol.event.AttemptSucceededDecoder;
import io.silo.protocol.event.BulkFinishedDecoder;
import io.silo.protocol.event.BulkProgressedDecoder;
import io.silo.protocol.event.BulkStartedDecoder;
import io.silo.protocol.event.CancelRequestedDecoder;
import io.silo.protocol.event.CarriedThroughDecoder;
import io.silo.protocol.event.FloatingLimitSetDecoder;
import io.silo.protocol.event.JobCancelledDecoder;
import io.silo.protocol.event.JobDeletedDecoder;
import io.silo.protocol.event.JobEnqueuedDecoder;
import io.silo.protocol.event.JobExpeditedDecoder;
import io.silo.protocol.event.JobImageDecoder;
import io.silo.protocol.event.JobImportedDecoder;
import io.silo.protocol.event.JobRestartedDecoder;
import io.silo.protocol.event.LeaseReturnedDecoder;
import io.silo.protocol.event.LimitSetDecoder;
import io.silo.protocol.event.PauseSetDecoder;
import io.silo.protocol.event.PayloadChunkDecoder;
import io.silo.protocol.event.RateBucketDroppedDecoder;
import io.silo.protocol.event.RateBucketSetDecoder;
import io.silo.protocol.event.RequestRememberedDecoder;
import io.silo.protocol.event.ScheduleDeletedDecoder;
import io.silo.protocol.event.ScheduleFiredDecoder;
import io.silo.protocol.event.SchedulePausedDecoder;
import io.silo.protocol.event.ScheduleSetDecoder;
import io.silo.protocol.event.SlotsDroppedDecoder;
import io.silo.protocol.event.TaskLeasedDecoder;
import io.silo.protocol.event.TenantSetDecoder;
import io.silo.shard.command.Retention;
import io.silo.shard.command.ShardSettings;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The model and a real shard agree over random work with kills, power losses, carry-forward and jumps of the clock. */
// What the model knows rests on no JDK.
@Tag("newest-jdk")
class ReferenceShardTest {
    /** Two expired leases in a row are one too many: five seldom come together by chance. */
    static final ShardSettings SETTINGS = new ShardSettings(
            0,
            ShardSettings.DEFAULT_LEASE_MS,
            2,
            Bounds.PAYLOAD_BYTES_MAX,
            Long.MAX_VALUE,
            ShardSettings.Tenancy.OPTIONAL,
            0,
            -1L);

    /** Ended jobs go soon, by age or by count. */
    static final ShardSettings FORGETFUL = new ShardSettings(
            0,
            ShardSettings.DEFAULT_LEASE_MS,
            2,
            Bounds.PAYLOAD_BYTES_MAX,
            Long.MAX_VALUE,
            ShardSettings.Tenancy.OPTIONAL,
            0,
            -1L,
            new Retention.Limits(8_000, 0, 5_000, 40));

    private static final int STEPS = 400;
    private static final int SEEDS = 20;

    /** Every kind that changes what a shard knows, but for those of its opening. */
    private static final List<Integer> EVENTS = List.of(
            CarriedThroughDecoder.TEMPLATE_ID,
            PayloadChunkDecoder.TEMPLATE_ID,
            JobEnqueuedDecoder.TEMPLATE_ID,
            TaskLeasedDecoder.TEMPLATE_ID,
            LeaseReturnedDecoder.TEMPLATE_ID,
            AttemptSucceededDecoder.TEMPLATE_ID,
            AttemptFailedDecoder.TEMPLATE_ID,
            AttemptCancelledDecoder.TEMPLATE_ID,
            AttemptRefusedDecoder.TEMPLATE_ID,
            JobCancelledDecoder.TEMPLATE_ID,
            CancelRequestedDecoder.TEMPLATE_ID,
            JobRestartedDecoder.TEMPLATE_ID,
            JobExpeditedDecoder.TEMPLATE_ID,
            JobDeletedDecoder.TEMPLATE_ID,
            JobImportedDecoder.TEMPLATE_ID,
            JobImageDecoder.TEMPLATE_ID,
            RequestRememberedDecoder.TEMPLATE_ID,
            ScheduleSetDecoder.TEMPLATE_ID,
            ScheduleFiredDecoder.TEMPLATE_ID,
            SchedulePausedDecoder.TEMPLATE_ID,
            ScheduleDeletedDecoder.TEMPLATE_ID,
            PauseSetDecoder.TEMPLATE_ID,
            LimitSetDecoder.TEMPLATE_ID,
            FloatingLimitSetDecoder.TEMPLATE_ID,
            SlotsDroppedDecoder.TEMPLATE_ID,
            TenantSetDecoder.TEMPLATE_ID,
            BulkStartedDecoder.TEMPLATE_ID,
            BulkProgressedDecoder.TEMPLATE_ID,
            BulkFinishedDecoder.TEMPLATE_ID,
            RateBucketSetDecoder.TEMPLATE_ID,
            RateBucketDroppedDecoder.TEMPLATE_ID);

    @Test
    void shouldAgreeWithTheShard() {
        Long only = Long.getLong("silo.seed");
        int trimmed = 0;
        int commands = 0;
        var events = new TreeSet<Integer>();
        for (long seed = only == null ? 1 : only; seed <= (only == null ? SEEDS : only); seed++) {
            System.out.println("seed " + seed);
            ShardSettings settings = seed % 3 == 0 ? FORGETFUL : SETTINGS;
            ReferenceShard model = new ReferenceShard(settings);
            Run run = new Run(seed, settings, new CountingTap(model, events), model);
            run.go(STEPS);
            trimmed += run.shard.firstPosition() > 0 ? 1 : 0;
            commands += run.clients.commands;
        }
        System.out.println(commands + " commands, " + trimmed + " runs that trimmed their log");
        if (only == null) {
            assertThat(trimmed).isGreaterThan(SEEDS / 2);
            assertThat(events).as("kinds of events that were judged").containsAll(EVENTS);
        }
    }

    @Test
    void shouldNoticeThatEndedJobsAreForgottenTooEarly() {
        assertThat(whatIsWrong(FORGETFUL, SETTINGS)).contains("nobody asked to forget");
    }

    @Test
    void shouldNoticeThatEndedJobsAreKeptForTooLong() {
        assertThat(whatIsWrong(SETTINGS, FORGETFUL)).contains("nothing was done");
    }

    /** What a model with one set of settings says of a shard with another. */
    private static String whatIsWrong(ShardSettings ofShard, ShardSettings ofModel) {
        ReferenceShard model = new ReferenceShard(ofModel);
        try {
            new Run(1, ofShard, model, model).go(STEPS);
        } catch (AssertionError found) {
            return String.valueOf(found.getMessage());
        }
        return "nothing";
    }

    /** Sees which kinds of events there were. */
    private static final class CountingTap extends LyingTap {
        private final Set<Integer> seen;

        CountingTap(ReferenceShard model, Set<Integer> seen) {
            super(model);
            this.seen = seen;
        }

        @Override
        List<LoggedEvent> command(List<LoggedEvent> events) {
            events.forEach(event -> seen.add(templateId(event.bytes())));
            return events;
        }

        @Override
        List<LoggedEvent> internal(List<LoggedEvent> events) {
            return command(events);
        }
    }

    /** One seed's world. */
    static final class Run {
        final SplittableRandom random;
        final TappedShard shard;
        final RandomClients clients;

        Run(long seed, ShardTap tap, ReferenceShard model) {
            this(seed, SETTINGS, tap, model);
        }

        Run(long seed, ShardSettings settings, ShardTap tap, ReferenceShard model) {
            random = new SplittableRandom(seed);
            shard = new TappedShard(seed, settings, 192 * 1024, tap, model);
            clients = new RandomClients(random, shard);
        }

        void go(int steps) {
            for (int step = 0; step < steps; step++) {
                act(random.nextInt(100));
                clients.read();
            }
        }

        private void act(int dice) {
            if (dice < 80) {
                for (int i = random.nextInt(6); i >= 0; i--) {
                    clients.say();
                }
                runSome();
            } else if (dice < 88) {
                // Now and then so long that firings are missed.
                shard.advance(random.nextInt(15) == 0 ? 55_000 + random.nextInt(30_000) : random.nextInt(4_000));
                runSome();
            } else if (dice < 90) {
                shard.setWall(random.nextInt(4_000) - 2_000);
                runSome();
            } else if (dice < 92) {
                clients.closeOne();
                clients.say();
                runSome();
            } else if (dice < 96) {
                shard.carry();
                runSome();
                shard.advance(60);
                shard.run();
            } else if (dice < 98) {
                shard.kill();
                clients.reconnect();
            } else {
                shard.losePower(random);
                clients.reconnect();
            }
        }

        private void runSome() {
            if (random.nextInt(4) == 0) {
                shard.cycle();
            } else {
                shard.run();
            }
        }
    }
}
