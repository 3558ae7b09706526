package io.silo.torture.kill;

import io.silo.protocol.command.Durability;
import io.silo.shard.state.JobState;
import io.silo.shard.state.JobView;
import io.silo.shard.state.ShardView;
import io.silo.torture.kill.ChildCommands.Held;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** What a child does: draws its next commands, and remembers leases and ended jobs to draw from. One thread. */
final class ChildWork {
    /** Takes what is asked. */
    interface Asking {
        void ask(long index, ChildVerb verb, long[] numbers, DirectBuffer bytes, int length);
    }

    /** Commands before a duty cycle, at most. */
    private static final int BURST_MAX = 24;

    private static final int BATCH_MAX = 8;
    private static final int PART_BYTES = 16_000;

    /** Above so many ended jobs more are deleted at once: the state of a run stays small. */
    private static final int ENDED_MANY = 400;

    /** Above so many jobs that have not ended none is made. */
    private static final int OPEN_MAX = 1_500;

    private final SplittableRandom random;
    private final Asking asking;
    private final ChildCommands commands = new ChildCommands();
    private final List<Held> leases = new ArrayList<>();
    private final List<Long> ended = new ArrayList<>();
    private final List<Long> open = new ArrayList<>();
    private long nextNumber;
    private long index;
    private long uploads;

    ChildWork(SplittableRandom random, long first, Asking asking) {
        this.random = random;
        this.nextNumber = first;
        this.asking = asking;
        this.uploads = first << 8;
    }

    /** Goes on with the jobs and leases that the process before left. */
    void adopt(ShardView view) {
        final JobView jobs = view.jobs();
        final UnsafeBuffer id = new UnsafeBuffer(0, 0);
        for (int slot = 0; slot < jobs.slotLimit(); slot++) {
            if (!jobs.isLive(slot)) {
                continue;
            }
            jobs.wrapId(slot, id);
            final long number = Long.parseLong(id.getStringWithoutLengthAscii(1, id.capacity() - 1));
            final JobState state = jobs.state(slot);
            if (state == JobState.RUNNING) {
                leases.add(new Held(
                        number, jobs.jobKey(slot), jobs.attempt(slot), jobs.tokenEpoch(slot), jobs.token(slot)));
            }
            (state == JobState.SCHEDULED || state == JobState.RUNNING ? open : ended).add(number);
        }
    }

    void onLeased(Held lease) {
        leases.add(lease);
    }

    /** Asks for what comes before the next duty cycle. */
    void next() {
        final int burst = 1 + random.nextInt(random.nextInt(1 + random.nextInt(BURST_MAX)) + 1);
        for (int i = 0; i < burst; i++) {
            one(random.nextInt(100));
        }
    }

    private void one(int dice) {
        final Durability durability = random.nextInt(3) == 0 ? Durability.DURABLE : Durability.APPENDED;
        if (dice < 30) {
            enqueue(durability);
        } else if (dice < 48) {
            asking.ask(
                    ++index, ChildVerb.LEASE, new long[0], commands.out, commands.lease(index, durability, BATCH_MAX));
        } else if (dice < 68) {
            report(durability, random.nextInt(3) > 0);
        } else if (dice < 72) {
            asking.ask(++index, ChildVerb.HEARTBEAT, new long[0], commands.out, commands.heartbeat(index));
        } else if (dice < 76) {
            final List<Long> jobs = some(open, 3);
            if (!jobs.isEmpty()) {
                asking.ask(
                        ++index,
                        ChildVerb.CANCEL,
                        numbers(jobs),
                        commands.out,
                        commands.cancel(index, durability, jobs));
                ended.addAll(jobs);
            }
        } else if (dice < 80) {
            final List<Long> jobs = some(ended, 3);
            if (!jobs.isEmpty()) {
                asking.ask(
                        ++index,
                        ChildVerb.RESTART,
                        numbers(jobs),
                        commands.out,
                        commands.restart(index, durability, jobs));
                open.addAll(jobs);
            }
        } else if (dice < 94) {
            final List<Long> jobs = some(ended, ended.size() > ENDED_MANY ? 64 : BATCH_MAX);
            if (!jobs.isEmpty()) {
                asking.ask(
                        ++index,
                        ChildVerb.DELETE,
                        numbers(jobs),
                        commands.out,
                        commands.delete(index, durability, jobs));
            }
        } else if (dice < 97) {
            final int key = random.nextInt(JobShape.LIMIT_KEYS);
            final int max = random.nextInt(20);
            asking.ask(
                    ++index,
                    ChildVerb.LIMIT,
                    new long[] {key, max},
                    commands.out,
                    commands.limit(index, durability, key, max));
        } else {
            final List<Held> back = someLeases(3);
            if (!back.isEmpty()) {
                asking.ask(
                        ++index,
                        ChildVerb.RETURN,
                        jobsOf(back),
                        commands.out,
                        commands.giveBack(index, durability, back));
            }
        }
    }

    private void enqueue(Durability durability) {
        if (open.size() > OPEN_MAX) {
            return;
        }
        if (JobShape.isLarge(nextNumber)) {
            enqueueLarge(durability);
            return;
        }
        final int wanted = random.nextBoolean() ? 1 : 1 + random.nextInt(BATCH_MAX);
        int count = 0;
        while (count < wanted && !JobShape.isLarge(nextNumber + count)) {
            count++;
        }
        final long first = nextNumber;
        nextNumber += count;
        final long[] numbers = LongStream.range(first, first + count).toArray();
        asking.ask(
                ++index,
                ChildVerb.ENQUEUE,
                numbers,
                commands.out,
                commands.enqueue(index, durability, first, count, 0));
        LongStream.of(numbers).forEach(open::add);
    }

    private void enqueueLarge(Durability durability) {
        final long number = nextNumber++;
        final byte[] payload = JobShape.of(number).payload();
        final long upload = ++uploads;
        for (int offset = 0; offset < payload.length; offset += PART_BYTES) {
            final int length = Math.min(PART_BYTES, payload.length - offset);
            asking.ask(
                    ++index,
                    ChildVerb.UPLOAD,
                    new long[0],
                    commands.out,
                    commands.upload(index, durability, upload, payload, offset, length));
        }
        asking.ask(
                ++index,
                ChildVerb.ENQUEUE,
                new long[] {number},
                commands.out,
                commands.enqueue(index, durability, number, 1, upload));
        open.add(number);
    }

    private void report(Durability durability, boolean succeeded) {
        final List<Held> done = someLeases(BATCH_MAX);
        if (!done.isEmpty()) {
            final ChildVerb verb = succeeded ? ChildVerb.SUCCEED : ChildVerb.FAIL;
            asking.ask(
                    ++index, verb, attemptsOf(done), commands.out, commands.report(index, durability, done, succeeded));
            // Some only retry: a delete of them is refused, and they stay.
            done.forEach(lease -> {
                ended.add(lease.number());
                open.remove(lease.number());
            });
        }
    }

    private List<Held> someLeases(int most) {
        final List<Held> taken = new ArrayList<>();
        for (int i = random.nextInt(most) + 1; i > 0 && !leases.isEmpty(); i--) {
            taken.add(takeAny(leases));
        }
        return taken;
    }

    private List<Long> some(List<Long> from, int most) {
        final List<Long> taken = new ArrayList<>();
        for (int i = random.nextInt(most) + 1; i > 0 && !from.isEmpty(); i--) {
            final long job = takeAny(from);
            if (!taken.contains(job)) {
                taken.add(job);
            }
        }
        return taken;
    }

    private <T> T takeAny(List<T> from) {
        final int at = random.nextInt(from.size());
        final T taken = from.get(at);
        from.set(at, from.get(from.size() - 1));
        from.remove(from.size() - 1);
        return taken;
    }

    private static long[] numbers(List<Long> jobs) {
        return jobs.stream().mapToLong(Long::longValue).toArray();
    }

    private static long[] jobsOf(List<Held> held) {
        return held.stream().mapToLong(Held::number).toArray();
    }

    /** Job and attempt of each, in turn. */
    private static long[] attemptsOf(List<Held> held) {
        return held.stream()
                .flatMapToLong(lease -> LongStream.of(lease.number(), lease.attempt()))
                .toArray();
    }
}
