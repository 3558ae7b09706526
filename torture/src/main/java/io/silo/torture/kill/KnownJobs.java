package io.silo.torture.kill;

import io.silo.protocol.RejectReason;
import io.silo.shard.state.JobState;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * What the clients of a shard may rely on, from what they asked and were told alone, and what was found after each kill. A shard takes
 * commands one after the other and writes their records in that order, so whatever was asked before something that was answered from a
 * record of its own has been done, answered or not. An answer that needs no record, such as that there are no tasks, may leave before the
 * records of earlier commands are written, and says nothing of them.
 */
final class KnownJobs {
    /** How an attempt that was acknowledged ended. */
    private record Told(long attempt, boolean succeeded) {}

    /** One job. */
    private static final class Known {
        final long number;
        boolean mayBeMissing;
        boolean mustBeMissing;

        /** Nothing is said of its status: something unanswered or the time may have changed it. */
        boolean loose;

        EnumSet<JobState> allowed = EnumSet.of(JobState.SCHEDULED);
        long attempt;
        long epoch;
        long token;
        long highestAttempt;
        final List<Told> told = new ArrayList<>();

        Known(long number) {
            this.number = number;
        }

        void become(JobState... states) {
            allowed = EnumSet.of(states[0], states);
        }
    }

    private static final class Asked {
        private static final long[] UNANSWERED = {};

        final ChildVerb verb;
        final long[] numbers;
        long[] told = UNANSWERED;
        final List<long[]> leased = new ArrayList<>();

        Asked(ChildVerb verb, long[] numbers) {
            this.verb = verb;
            this.numbers = numbers;
        }

        boolean isTold() {
            return told.length > 0;
        }

        /** Whether its answer speaks of a record of its own for sure: jobs that are new. For tasks see what was leased. */
        boolean hasRecord() {
            if (verb != ChildVerb.ENQUEUE) {
                return false;
            }
            for (int i = 0; i < numbers.length; i++) {
                if (isOk(i, 1)) {
                    return true;
                }
            }
            return false;
        }

        boolean isOk(int item, int width) {
            return isTold() && told[1] == RejectReason.OK && told[2 + item * width] == RejectReason.OK;
        }
    }

    private final Map<Long, Known> jobs = new HashMap<>();
    private final Map<Long, Long> limits = new HashMap<>();
    private final Set<Long> looseLimits = new HashSet<>();
    private final List<long[]> halfAsked = new ArrayList<>();
    private boolean leasePending;
    private long nextNumber = 1;

    /** Number that the next job gets: above all that were asked for. */
    long nextNumber() {
        return nextNumber;
    }

    /**
     * Takes in what a process left in its ledger.
     *
     * @return commands acknowledged.
     */
    long take(List<long[]> entries) {
        final TreeMap<Long, Asked> all = new TreeMap<>();
        long last = 0;
        long acknowledged = 0;
        for (long[] entry : entries) {
            if (entry[0] == Ledger.ASKED) {
                final long[] numbers = new long[entry.length - 3];
                System.arraycopy(entry, 3, numbers, 0, numbers.length);
                all.put(entry[1], new Asked(ChildVerb.of(entry[2]), numbers));
            } else if (entry[0] == Ledger.LEASED) {
                asked(all, entry).leased.add(entry);
                last = Math.max(last, entry[1]);
            } else if (entry[0] == Ledger.TOLD) {
                final long[] told = new long[entry.length - 1];
                System.arraycopy(entry, 1, told, 0, told.length);
                final Asked asked = asked(all, entry);
                asked.told = told;
                if (asked.hasRecord()) {
                    last = Math.max(last, entry[1]);
                }
                acknowledged += told[1] == RejectReason.OK ? 1 : 0;
            }
        }
        halfAsked.clear();
        looseLimits.clear();
        leasePending = false;
        for (Map.Entry<Long, Asked> asked : all.entrySet()) {
            take(asked.getValue(), asked.getKey() < last);
        }
        return acknowledged;
    }

    private static Asked asked(Map<Long, Asked> all, long[] entry) {
        final Asked asked = all.get(entry[1]);
        if (asked == null) {
            throw new IllegalStateException("an answer to " + entry[1] + ", which was not asked");
        }
        return asked;
    }

    private void take(Asked asked, boolean isDone) {
        switch (asked.verb) {
            case ENQUEUE -> enqueued(asked, isDone);
            case LEASE -> leased(asked);
            case SUCCEED, FAIL -> reported(asked);
            case CANCEL, RESTART, DELETE -> changed(asked);
            case RETURN -> {
                for (int i = 0; i < asked.numbers.length; i++) {
                    if (!asked.isTold()) {
                        loosen(asked.numbers[i]);
                    } else if (asked.isOk(i, 1)) {
                        become(asked.numbers[i], JobState.SCHEDULED, JobState.CANCELLED);
                    }
                }
            }
            case LIMIT -> {
                if (!asked.isTold()) {
                    looseLimits.add(asked.numbers[0]);
                } else if (asked.told[1] == RejectReason.OK) {
                    limits.put(asked.numbers[0], asked.numbers[1]);
                    looseLimits.remove(asked.numbers[0]);
                }
            }
            case UPLOAD, HEARTBEAT -> {}
        }
    }

    private void enqueued(Asked asked, boolean isDone) {
        for (int i = 0; i < asked.numbers.length; i++) {
            final long number = asked.numbers[i];
            nextNumber = Math.max(nextNumber, number + 1);
            if (asked.isTold() && !asked.isOk(i, 1)) {
                continue; // refused: it must not be there
            }
            final Known job = new Known(number);
            // An upload may have been refused, and its enqueue with it.
            job.mayBeMissing = !asked.isTold() && (!isDone || JobShape.isLarge(number));
            jobs.put(number, job);
        }
        if (!asked.isTold()) {
            halfAsked.add(asked.numbers);
        }
    }

    private void leased(Asked asked) {
        leasePending |= !asked.isTold();
        for (long[] lease : asked.leased) {
            final Known job = jobs.get(lease[2]);
            if (job == null) {
                continue; // found out by what is there: nobody asked for it
            }
            job.become(JobState.RUNNING);
            job.attempt = lease[3];
            job.epoch = lease[4];
            job.token = lease[5];
            job.highestAttempt = Math.max(job.highestAttempt, lease[3]);
            job.loose |= JobShape.of(job.number).isShort();
            job.mayBeMissing = false;
        }
    }

    private void reported(Asked asked) {
        for (int i = 0; i < asked.numbers.length / 2; i++) {
            final long number = asked.numbers[2 * i];
            if (!asked.isTold()) {
                loosen(number);
            } else if (asked.isOk(i, 1)) {
                final boolean succeeded = asked.verb == ChildVerb.SUCCEED;
                if (succeeded) {
                    become(number, JobState.SUCCEEDED);
                } else {
                    become(number, JobState.SCHEDULED, JobState.FAILED, JobState.CANCELLED);
                }
                final Known job = jobs.get(number);
                if (job != null) {
                    job.told.add(new Told(asked.numbers[2 * i + 1], succeeded));
                }
            }
        }
    }

    private void changed(Asked asked) {
        for (int i = 0; i < asked.numbers.length; i++) {
            final long number = asked.numbers[i];
            final Known job = jobs.get(number);
            if (job == null) {
                continue;
            }
            if (!asked.isTold()) {
                loosen(number);
                job.mayBeMissing |= asked.verb == ChildVerb.DELETE;
            } else if (asked.isOk(i, 2)) {
                switch (asked.verb) {
                    case DELETE -> job.mustBeMissing = true;
                    case RESTART -> become(number, JobState.SCHEDULED);
                    default -> {
                        if (asked.told[2 + 2 * i + 1] == JobState.CANCELLED.ordinal()) {
                            become(number, JobState.CANCELLED);
                        }
                    }
                }
            }
        }
    }

    private void loosen(long number) {
        final Known job = jobs.get(number);
        if (job != null) {
            job.loose = true;
        }
    }

    /** What is sure again; while something unanswered may still follow in the same life, it is not. */
    private void become(long number, JobState... states) {
        final Known job = jobs.get(number);
        if (job != null) {
            job.become(states);
        }
    }

    /**
     * Holds what is there again against what is known, and takes it for known.
     *
     * @return what is wrong; empty if nothing is.
     */
    List<String> check(RecoveredShard found) {
        final List<String> wrong = new ArrayList<>();
        for (long[] batch : halfAsked) {
            int present = 0;
            for (long number : batch) {
                present += found.jobs().containsKey(number) ? 1 : 0;
            }
            final boolean someDeleted = Arrays.stream(batch).anyMatch(number -> {
                final Known job = jobs.get(number);
                return job == null || job.mustBeMissing || job.loose;
            });
            if (present != 0 && present != batch.length && !someDeleted) {
                wrong.add(
                        "of the batch from job " + batch[0] + " on " + present + " of " + batch.length + " are there");
            }
        }
        for (Known job : List.copyOf(jobs.values())) {
            final RecoveredShard.Found there = found.jobs().get(job.number);
            if (there == null) {
                if (!job.mayBeMissing && !job.mustBeMissing) {
                    wrong.add("job " + job.number + " is missing (" + job.allowed + ")");
                }
                jobs.remove(job.number);
                continue;
            }
            if (job.mustBeMissing) {
                wrong.add("job " + job.number + " was deleted and is there again");
                continue;
            }
            check(job, there, wrong);
            settle(job, there);
        }
        for (Long number : found.jobs().keySet()) {
            if (!jobs.containsKey(number)) {
                wrong.add("job " + number + " is there, and nobody asked for it or it was refused");
            }
        }
        limits.forEach((key, max) -> {
            final long there = found.limit((int) (long) key);
            if (!looseLimits.contains(key) && there != max) {
                wrong.add("limit " + key + " was set to " + max + " and is " + there);
            }
        });
        for (Long key : looseLimits) {
            limits.put(key, (long) found.limit((int) (long) key));
        }
        limits.values().removeIf(max -> max < 0);
        return wrong;
    }

    private void check(Known job, RecoveredShard.Found there, List<String> wrong) {
        final String name = "job " + job.number;
        final JobState state = there.state();
        final boolean mayRun = state == JobState.RUNNING && job.allowed.contains(JobState.SCHEDULED) && leasePending;
        if (!job.loose && !job.allowed.contains(state) && !mayRun) {
            wrong.add(name + " is " + state + ", not " + job.allowed);
        }
        if (!job.loose
                && job.allowed.equals(EnumSet.of(JobState.RUNNING))
                && (there.attempt() != job.attempt || there.epoch() != job.epoch || there.token() != job.token)) {
            wrong.add(name + " was leased for attempt " + job.attempt
                    + " by another lease than the one found, for attempt " + there.attempt());
        }
        if (there.attempt() < job.highestAttempt) {
            wrong.add(name + " had attempt " + job.highestAttempt + " and is at " + there.attempt());
        }
        for (Told told : job.told) {
            final String problem = there.outcomeProblem(job.number, told.attempt, told.succeeded);
            if (!problem.isEmpty()) {
                wrong.add(name + ": " + problem);
            }
        }
        if (!there.problem().isEmpty()) {
            wrong.add(name + ": " + there.problem());
        }
    }

    private static void settle(Known job, RecoveredShard.Found there) {
        job.mayBeMissing = false;
        job.become(there.state());
        job.attempt = there.attempt();
        job.epoch = there.epoch();
        job.token = there.token();
        job.highestAttempt = Math.max(job.highestAttempt, there.attempt());
        // A retry may be granted, and a short lease expires.
        job.loose = JobShape.of(job.number).isShort() && there.state() == JobState.RUNNING;
    }

    int size() {
        return jobs.size();
    }
}
