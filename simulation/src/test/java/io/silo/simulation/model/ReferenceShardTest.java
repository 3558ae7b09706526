package io.silo.simulation.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.silo.shard.command.ShardSettings;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** The model and a real shard agree over random work with kills, power losses, carry-forward and jumps of the clock. */
class ReferenceShardTest {
    private static final int STEPS = 400;
    private static final int SEEDS = 20;

    @Test
    void shouldAgreeWithTheShard() {
        Long only = Long.getLong("silo.seed");
        int trimmed = 0;
        int commands = 0;
        for (long seed = only == null ? 1 : only; seed <= (only == null ? SEEDS : only); seed++) {
            System.out.println("seed " + seed);
            ReferenceShard model = new ReferenceShard(ShardSettings.whole(0));
            Run run = new Run(seed, model, model);
            run.go(STEPS);
            trimmed += run.shard.firstPosition() > 0 ? 1 : 0;
            commands += run.clients.commands;
        }
        System.out.println(commands + " commands, " + trimmed + " runs that trimmed their log");
        if (only == null) {
            assertThat(trimmed).isGreaterThan(SEEDS / 2);
        }
    }

    /** One seed's world. */
    static final class Run {
        final SplittableRandom random;
        final TappedShard shard;
        final RandomClients clients;

        Run(long seed, ShardTap tap, ReferenceShard model) {
            random = new SplittableRandom(seed);
            shard = new TappedShard(seed, ShardSettings.whole(0), 192 * 1024, tap, model);
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
                shard.advance(random.nextInt(4_000));
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
