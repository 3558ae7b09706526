package io.silo.simulation.canary;

import io.silo.simulation.broker.SimParts;
import java.util.List;
import java.util.function.Supplier;

/** The catalogue of canaries. A new one is a class and a line here. */
final class Canaries {
    static final List<Canary> ALL = List.of(
            once("acknowledge-before-sync", "sync", "chaos", 10, () -> new StoreBug(UnsyncedStore::new)),
            once(
                    "apply-without-append",
                    "log before state",
                    "restart-storm",
                    10,
                    () -> new StoreBug(DroppingStore::new)),
            once("forgotten-tail", "recovery", "restart-storm", 10, () -> new StoreBug(ForgetfulStore::new)),
            once("lost-trim", "retention", "restart-storm", 30, () -> new StoreBug(OverTrimmingStore::new)),
            twice("real-time", "virtual time", "retry", 10, () -> new ClockBug(RealTimeClock::new)),
            twice("unordered-iteration", "order", "chaos", 10, UnorderedReplies::new),
            once("early-expiry", "lease length", "lease-expiry", 20, () -> new ClockBug(FastClock::new)),
            once(
                    "swallowed-command",
                    "every command is decided",
                    "partition",
                    10,
                    () -> CommandBug.parts(SwallowedCommands::new)),
            once("lost-wait", "wake-up of calls", "chaos", 20, () -> CommandBug.parts(LostWaits::new)),
            once(
                    "swallowed-credits",
                    "wake-up of subscriptions",
                    "retry",
                    10,
                    () -> CommandBug.parts(SwallowedCredits::new)),
            once("no-fencing", "tokens", "lease-expiry", 10, UnfencedReports::new),
            once("leaked-holder", "end of leases", "multiple-workers", 10, LeakedHolders::new),
            once("wrong-session", "sessions", "multiple-workers", 10, () -> ReplyBug.parts(MisdirectedReplies::new)),
            once("revived-lease", "heartbeats", "lease-expiry", 10, () -> ReplyBug.parts(RevivedLeases::new)),
            once("repeated-grant", "one push a lease", "retry", 10, () -> ReplyBug.parts(RepeatedGrants::new)),
            once("early-durable", "durability", "disk-crash", 10, () -> ReplyBug.parts(EarlyDurable::new)),
            once("swapped-results", "order of a batch", "chaos", 20, () -> ReplyBug.parts(SwappedResults::new)),
            once("damaged-payload", "bytes", "chaos", 20, () -> ReplyBug.parts(DamagedPayloads::new)),
            once("forgotten-cancel", "cancel of waiting jobs", "operators", 20, LostCancels::ofWaiting),
            once("cancelled-retry", "cancel of running jobs", "operators", 40, LostCancels::ofRunning),
            once(
                    "forgotten-request",
                    "memory of requests",
                    "operators",
                    20,
                    () -> CommandBug.parts(ForgottenRequests::new)),
            once("kept-number", "numbers of restarted jobs", "operators", 400, () -> ReplyBug.parts(KeptNumbers::new)),
            once("ignored-snooze", "tasks put off", "time-bounds", 10, () -> CommandBug.parts(IgnoredSnoozes::new)),
            once("resumed-pause", "pauses of schedules", "recurring", 20, () -> CommandBug.parts(ResumedPauses::new)),
            once(
                    "shifted-schedule",
                    "times of firings",
                    "recurring",
                    10,
                    () -> CommandBug.parts(ShiftedSchedules::new)),
            once("lost-firing", "firings across restarts", "recurring", 40, () -> new ShardBug(MovedFirings::lose)),
            once("repeated-firing", "one firing a time", "retention", 20, () -> new ShardBug(MovedFirings::repeat)),
            once("hasty-retention", "age of ended jobs", "retention", 10, HastyRetention::new),
            once("forgotten-live-job", "retention of ended jobs alone", "retention", 10, ForgottenLiveJobs::new),
            once("unheld-key", "unique keys", "retention", 20, () -> CommandBug.parts(UnheldKeys::new)),
            once("ignored-pause", "pauses", "pauses", 20, () -> CommandBug.parts(IgnoredPauses::new)),
            once("widened-limit", "limits", "limits", 400, () -> CommandBug.parts(WidenedLimits::new)),
            once("widened-maximum", "maxima that are set", "limits", 40, () -> CommandBug.parts(WidenedMaxima::new)),
            once(
                    "forgotten-bucket",
                    "buckets across restarts",
                    "limits",
                    40,
                    () -> new ShardBug(ForgottenBuckets::forget)),
            once("hurried-rate", "rates", "rates", 20, () -> CommandBug.parts(HurriedRates::new)),
            once("leaping-time", "time of buckets across restarts", "rates", 40, () -> new ShardBug(LeapingTime::leap)),
            once("widened-cap", "caps of tenants", "fairness", 20, () -> CommandBug.parts(WidenedCaps::new)),
            once("mistold-pause", "the list of pauses", "pauses", 20, () -> ReplyBug.parts(MistoldPauses::new)),
            once("recounted-bulk", "totals of bulk changes", "bulk", 20, RecountedBulks::new),
            once(
                    "repeated-bulk",
                    "one bulk change for a request",
                    "bulk",
                    10,
                    () -> CommandBug.parts(RepeatedBulks::new)),
            once("wet-run", "dry runs", "bulk", 40, () -> CommandBug.parts(WetRuns::new)));

    private Canaries() {}

    static Canary named(String name) {
        return ALL.stream()
                .filter(canary -> canary.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static Canary once(String name, String breaks, String scenario, int seedsMax, Supplier<SimParts> parts) {
        return new Canary(name, breaks, scenario, seedsMax, false, parts);
    }

    private static Canary twice(String name, String breaks, String scenario, int seedsMax, Supplier<SimParts> parts) {
        return new Canary(name, breaks, scenario, seedsMax, true, parts);
    }
}
