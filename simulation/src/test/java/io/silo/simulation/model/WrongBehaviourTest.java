package io.silo.simulation.model;

import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.silo.protocol.LeaseToken;
import io.silo.protocol.RejectReason;
import io.silo.protocol.Session;
import io.silo.protocol.command.Durability;
import io.silo.protocol.command.HeartbeatEncoder;
import io.silo.protocol.command.MessageHeaderEncoder;
import io.silo.protocol.command.SubscribeEncoder;
import io.silo.protocol.event.AttemptFailedDecoder;
import io.silo.protocol.event.AttemptFailedEncoder;
import io.silo.protocol.event.BulkFinishedDecoder;
import io.silo.protocol.event.BulkFinishedEncoder;
import io.silo.protocol.event.BulkProgressedDecoder;
import io.silo.protocol.event.BulkProgressedEncoder;
import io.silo.protocol.event.CarriedThroughDecoder;
import io.silo.protocol.event.CarriedThroughEncoder;
import io.silo.protocol.event.FloatingLimitSetDecoder;
import io.silo.protocol.event.FloatingLimitSetEncoder;
import io.silo.protocol.event.JobEnqueuedDecoder;
import io.silo.protocol.event.JobEnqueuedEncoder;
import io.silo.protocol.event.JobImageDecoder;
import io.silo.protocol.event.JobImageEncoder;
import io.silo.protocol.event.JobStatus;
import io.silo.protocol.event.LeaseEnd;
import io.silo.protocol.event.LeaseReturnedDecoder;
import io.silo.protocol.event.LeaseReturnedEncoder;
import io.silo.protocol.event.MessageHeaderDecoder;
import io.silo.protocol.event.RateBucketSetDecoder;
import io.silo.protocol.event.RateBucketSetEncoder;
import io.silo.protocol.event.ReturnReason;
import io.silo.protocol.event.ShardOpenedDecoder;
import io.silo.protocol.event.TaskLeasedDecoder;
import io.silo.protocol.event.TaskLeasedEncoder;
import io.silo.protocol.reply.EnqueueReplyDecoder;
import io.silo.protocol.reply.HeartbeatReplyDecoder;
import io.silo.protocol.reply.OutcomeReplyDecoder;
import io.silo.protocol.reply.ReplyHeaderDecoder;
import io.silo.protocol.reply.ReplyHeaderEncoder;
import io.silo.protocol.reply.TasksLeasedDecoder;
import io.silo.shard.state.ShardView;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A shard that did what it must not is found out: each test plants one wrong behaviour in random work that is right otherwise. */
// What the model notices rests on no JDK.
@Tag("newest-jdk")
class WrongBehaviourTest {
    private static final int HEADER = MessageHeaderDecoder.ENCODED_LENGTH;
    private static final int SEEDS = 12;
    private static final int STEPS = 300;

    /** Runs until the lie is told; then the model has to object, in these words. */
    private static void shouldReport(String words, Function<ReferenceShard, LyingTap> liar) {
        shouldReport(words, "nothing else", liar);
    }

    /** @param others words of objections that are right too, and show nothing: then the next seed is tried. */
    private static void shouldReport(String words, String others, Function<ReferenceShard, LyingTap> liar) {
        for (long seed = 101; seed < 101 + SEEDS; seed++) {
            var model = new ReferenceShard(ReferenceShardTest.SETTINGS);
            LyingTap tap = liar.apply(model);
            try {
                new ReferenceShardTest.Run(seed, tap, model).go(STEPS);
            } catch (AssertionError disagreement) {
                assertThat(tap.hasLied).as("seed %d: %s", seed, disagreement).isTrue();
                if (String.valueOf(disagreement.getMessage()).startsWith(others)) {
                    continue;
                }
                assertThat(disagreement.getMessage()).as("seed %d", seed).containsPattern(words);
                return;
            }
        }
        fail("nothing was reported");
    }

    // ---- events

    @Test
    void shouldReportABulkChangeThatCountsAJobTwice() {
        shouldReport("BulkProgressed: expected", model -> new LyingTap(model) {
            @Override
            List<LoggedEvent> internal(List<LoggedEvent> events) {
                return change(events, BulkProgressedDecoder.TEMPLATE_ID, event -> {
                    var d = new BulkProgressedDecoder().wrapAndApplyHeader(event, 0, new MessageHeaderDecoder());
                    new BulkProgressedEncoder().wrap(event, HEADER).changed(d.changed() + 1);
                });
            }
        });
    }

    @Test
    void shouldReportABulkChangeWithOtherTotals() {
        shouldReport("changed by|changed, skipped and place", model -> new LyingTap(model) {
            @Override
            List<LoggedEvent> internal(List<LoggedEvent> events) {
                return change(events, BulkFinishedDecoder.TEMPLATE_ID, event -> {
                    var d = new BulkFinishedDecoder().wrapAndApplyHeader(event, 0, new MessageHeaderDecoder());
                    new BulkFinishedEncoder().wrap(event, HEADER).changed(d.changed() + 1);
                });
            }
        });
    }

    @Test
    void shouldReportABulkChangeThatSkippedMoreThanThereIs() {
        shouldReport("is over with", model -> new LyingTap(model) {
            @Override
            List<LoggedEvent> internal(List<LoggedEvent> events) {
                return change(events, BulkFinishedDecoder.TEMPLATE_ID, event -> {
                    var d = new BulkFinishedDecoder().wrapAndApplyHeader(event, 0, new MessageHeaderDecoder());
                    new BulkFinishedEncoder().wrap(event, HEADER).skipped(d.skipped() + 200);
                });
            }
        });
    }

    @Test
    void shouldReportABulkChangeThatIsOverTooEarly() {
        shouldReport("was left out|is over with", model -> new LyingTap(model) {
            @Override
            List<LoggedEvent> internal(List<LoggedEvent> events) {
                boolean isWhole = events.size() > 2
                        && templateId(events.get(events.size() - 1).bytes()) == BulkFinishedDecoder.TEMPLATE_ID
                        && events.get(events.size() - 1).index() == events.size() - 1;
                if (!isWhole || !lie()) {
                    return events;
                }
                // As if the scan had ended without looking at any job.
                LoggedEvent last = events.get(events.size() - 1);
                new BulkFinishedEncoder()
                        .wrap((UnsafeBuffer) last.bytes(), HEADER)
                        .changed(0);
                return List.of(new LoggedEvent(last.epoch(), last.position(), last.timeMs(), 0, last.bytes()));
            }
        });
    }

    @Test
    void shouldReportAnotherAttemptNumber() {
        shouldReport("attempt leased|TaskLeased: expected", model -> new LyingTap(model) {
            @Override
            List<LoggedEvent> command(List<LoggedEvent> events) {
                return change(events, TaskLeasedDecoder.TEMPLATE_ID, event -> {
                    var d = new TaskLeasedDecoder().wrapAndApplyHeader(event, 0, new MessageHeaderDecoder());
                    new TaskLeasedEncoder().wrap(event, HEADER).attempt(d.attempt() + 1);
                });
            }
        });
    }

    @Test
    void shouldReportAnAcceptanceWithoutItsEvent() {
        shouldReport("was answered OK; right was|JobEnqueued: expected", model -> new LyingTap(model) {
            @Override
            List<LoggedEvent> command(List<LoggedEvent> events) {
                boolean isEnqueue = events.size() > 1
                        && templateId(events.get(events.size() - 1).bytes()) == JobEnqueuedDecoder.TEMPLATE_ID;
                return isEnqueue && lie() ? events.subList(0, events.size() - 1) : events;
            }
        });
    }

    @Test
    void shouldReportAWholeRecordThatIsMissing() {
        shouldReport("got no tasks|was answered|right was a refusal|expected definition", model -> new LyingTap(model) {
            @Override
            List<LoggedEvent> command(List<LoggedEvent> events) {
                return !events.isEmpty() && lie() ? List.of() : events;
            }
        });
    }

    @Test
    void shouldReportChangedFieldsOfAJob() {
        shouldReport("JobEnqueued: expected", model -> new LyingTap(model) {
            @Override
            List<LoggedEvent> command(List<LoggedEvent> events) {
                return change(events, JobEnqueuedDecoder.TEMPLATE_ID, event -> {
                    var d = new JobEnqueuedDecoder().wrapAndApplyHeader(event, 0, new MessageHeaderDecoder());
                    new JobEnqueuedEncoder().wrap(event, HEADER).leaseMs(d.leaseMs() + 1);
                });
            }
        });
    }

    @Test
    void shouldReportARetryThatIsTooSoon() {
        shouldReport("the next starts at", model -> new LyingTap(model) {
            @Override
            List<LoggedEvent> command(List<LoggedEvent> events) {
                for (LoggedEvent event : events) {
                    if (!hasLied && templateId(event.bytes()) == AttemptFailedDecoder.TEMPLATE_ID) {
                        var d = new AttemptFailedDecoder()
                                .wrapAndApplyHeader(event.bytes(), 0, new MessageHeaderDecoder());
                        if (d.nextStartMs() > event.timeMs() && lie()) {
                            new AttemptFailedEncoder()
                                    .wrap((UnsafeBuffer) event.bytes(), HEADER)
                                    .nextStartMs(event.timeMs() - 1);
                        }
                    }
                }
                return events;
            }
        });
    }

    @Test
    void shouldReportAnAttemptTooMany() {
        shouldReport("no attempt is left", model -> new LyingTap(model) {
            @Override
            List<LoggedEvent> command(List<LoggedEvent> events) {
                for (LoggedEvent event : events) {
                    if (!hasLied && templateId(event.bytes()) == AttemptFailedDecoder.TEMPLATE_ID) {
                        var d = new AttemptFailedDecoder()
                                .wrapAndApplyHeader(event.bytes(), 0, new MessageHeaderDecoder());
                        if (d.nextStartMs() == -1 && d.status() == JobStatus.FAILED && lie()) {
                            new AttemptFailedEncoder()
                                    .wrap((UnsafeBuffer) event.bytes(), HEADER)
                                    .nextStartMs(event.timeMs());
                        }
                    }
                }
                return events;
            }
        });
    }

    @Test
    void shouldReportAnEpochThatIsNotTheShards() {
        shouldReport("epoch of the record", model -> new LyingTap(model) {
            @Override
            List<LoggedEvent> command(List<LoggedEvent> events) {
                return !events.isEmpty() && lie()
                        ? events.stream()
                                .map(e ->
                                        new LoggedEvent(e.epoch() - 1, e.position(), e.timeMs(), e.index(), e.bytes()))
                                .toList()
                        : events;
            }
        });
    }

    // ---- grants

    @Test
    void shouldReportALeaseThatTakesOtherSlots() {
        shouldReport("limits held by", model -> new LyingTap(model) {
            @Override
            List<LoggedEvent> command(List<LoggedEvent> events) {
                return change(events, TaskLeasedDecoder.TEMPLATE_ID, event -> {
                    var decoder = new TaskLeasedDecoder().wrap(event, HEADER, TaskLeasedDecoder.BLOCK_LENGTH, 0);
                    new TaskLeasedEncoder().wrap(event, HEADER).heldLimits(decoder.heldLimits() ^ 1);
                });
            }
        });
    }

    @Test
    void shouldReportABucketThatIsFullerThanItMayBe() {
        shouldReport("what was in|leaves|what is left in", model -> new LyingTap(model) {
            @Override
            List<LoggedEvent> command(List<LoggedEvent> events) {
                return change(events, RateBucketSetDecoder.TEMPLATE_ID, event -> {
                    var decoder = new RateBucketSetDecoder().wrap(event, HEADER, RateBucketSetDecoder.BLOCK_LENGTH, 0);
                    new RateBucketSetEncoder()
                            .wrap(event, HEADER)
                            .remainingMicros(decoder.remainingMicros() + 1_000_000);
                });
            }
        });
    }

    @Test
    void shouldReportAMaximumThatNobodyFoundOut() {
        shouldReport("what was found out|FloatingLimitSet", model -> new LyingTap(model) {
            @Override
            List<LoggedEvent> command(List<LoggedEvent> events) {
                return change(events, FloatingLimitSetDecoder.TEMPLATE_ID, event -> {
                    var decoder =
                            new FloatingLimitSetDecoder().wrap(event, HEADER, FloatingLimitSetDecoder.BLOCK_LENGTH, 0);
                    new FloatingLimitSetEncoder().wrap(event, HEADER).maxConcurrency(decoder.maxConcurrency() + 1);
                });
            }
        });
    }

    @Test
    void shouldReportGrantsInTheWrongOrder() {
        // Two that may go in either order are noticed by what their worker was told.
        shouldReport("comes before|more urgent|overtakes", "task told", model -> new LyingTap(model) {
            @Override
            List<LoggedEvent> command(List<LoggedEvent> events) {
                if (events.size() == 2
                        && templateId(events.get(0).bytes()) == TaskLeasedDecoder.TEMPLATE_ID
                        && templateId(events.get(1).bytes()) == TaskLeasedDecoder.TEMPLATE_ID
                        && sameLane(events)
                        && lie()) {
                    return List.of(exchanged(events.get(0), events.get(1)), exchanged(events.get(1), events.get(0)));
                }
                return events;
            }

            private boolean sameLane(List<LoggedEvent> events) {
                return key(events.get(0)) != key(events.get(1)) && hasOneTenant;
            }

            private boolean hasOneTenant;

            @Override
            void command(int templateId, UnsafeBuffer command) {
                hasOneTenant = ModelCommand.decode(command, 0) instanceof ModelCommand.LeaseTasks lease
                        && !lease.tenant().isEmpty();
            }

            private long key(LoggedEvent event) {
                return new TaskLeasedDecoder()
                        .wrapAndApplyHeader(event.bytes(), 0, new MessageHeaderDecoder())
                        .jobKey();
            }

            private LoggedEvent exchanged(LoggedEvent place, LoggedEvent other) {
                return new LoggedEvent(place.epoch(), place.position(), place.timeMs(), place.index(), other.bytes());
            }
        });
    }

    @Test
    void shouldReportATaskGivenToNobody() {
        shouldReport("nobody with credits", model -> new LyingTap(model) {
            @Override
            List<LoggedEvent> internal(List<LoggedEvent> events) {
                return change(events, TaskLeasedDecoder.TEMPLATE_ID, event -> {
                    // The worker id is the last thing of the event.
                    event.putByte(event.capacity() - 1, (byte) '9');
                });
            }
        });
    }

    @Test
    void shouldReportMoreTasksThanCredits() {
        shouldReport(
                "nobody with credits|more tasks than it had credits|went to one who did not ask",
                model -> new LyingTap(model) {
                    @Override
                    void command(int templateId, UnsafeBuffer command) {
                        changeCredits(this, templateId, command, -1);
                    }
                });
    }

    @Test
    void shouldReportACreditThatIsLeftThoughTasksAreReady() {
        shouldReport("nothing was done", model -> new LyingTap(model) {
            @Override
            void command(int templateId, UnsafeBuffer command) {
                changeCredits(this, templateId, command, 1);
            }
        });
    }

    private static void changeCredits(LyingTap tap, int templateId, UnsafeBuffer command, int by) {
        if (templateId == SubscribeEncoder.TEMPLATE_ID) {
            var subscribe = (ModelCommand.Subscribe) ModelCommand.decode(command, 0);
            if (subscribe.credits() > 1 && subscribe.credits() < 100 && subscribe.id() != 0 && tap.lie()) {
                new SubscribeEncoder().wrap(command, HEADER).credits(subscribe.credits() + by);
            }
        }
    }

    @Test
    void shouldReportATaskThatIsTwoWorkers() {
        shouldReport("was told before|told of|goes to|did not ask|nobody asked", model -> new LyingTap(model) {
            @Override
            void reply(Session session, int templateId, UnsafeBuffer reply, long durablePosition) {
                super.reply(session, templateId, reply, durablePosition);
                if (templateId == TasksLeasedDecoder.TEMPLATE_ID && tasks(reply) > 0 && lie()) {
                    super.reply(session, templateId, reply, durablePosition);
                }
            }
        });
    }

    @Test
    void shouldReportATaskWhoseWorkerIsNotTold() {
        shouldReport("got no answer|nobody was told", model -> new LyingTap(model) {
            @Override
            void reply(Session session, int templateId, UnsafeBuffer reply, long durablePosition) {
                if (templateId != TasksLeasedDecoder.TEMPLATE_ID || tasks(reply) == 0 || !lie()) {
                    super.reply(session, templateId, reply, durablePosition);
                }
            }
        });
    }

    private static int tasks(UnsafeBuffer reply) {
        return new TasksLeasedDecoder()
                .wrapAndApplyHeader(reply, 0, new io.silo.protocol.reply.MessageHeaderDecoder())
                .tasks()
                .count();
    }

    // ---- leases

    @Test
    void shouldReportALeaseThatEndsEarly() {
        shouldReport("lasts to|end of an attempt", model -> new LyingTap(model) {
            @Override
            void beforeInternal(long nowMs, long monotonicMs, List<LoggedEvent> events) {
                // The worker's heartbeat came before, says the tap.
                boolean isExpiry = events.stream()
                        .allMatch(e -> templateId(e.bytes()) == AttemptFailedDecoder.TEMPLATE_ID
                                && new AttemptFailedDecoder()
                                                .wrapAndApplyHeader(e.bytes(), 0, new MessageHeaderDecoder())
                                                .leaseEnd()
                                        == LeaseEnd.EXPIRED);
                if (untold > 0 || events.isEmpty() || !isExpiry || !lie()) {
                    return;
                }
                for (String worker : List.of("w0", "w1", "w2")) {
                    var heartbeat = new UnsafeBuffer(new byte[128]);
                    var encoder = new HeartbeatEncoder().wrapAndApplyHeader(heartbeat, 0, new MessageHeaderEncoder());
                    encoder.header().correlationId(-9).shardEpoch(0).shard(0).durability(Durability.APPENDED);
                    encoder.leasesCount(0);
                    encoder.workerId(worker);
                    model.onCommand(
                            new Session(9_999, null),
                            heartbeat,
                            0,
                            encoder.limit(),
                            nowMs,
                            monotonicMs,
                            true,
                            List.of());
                }
            }
        });
    }

    @Test
    void shouldReportALateHeartbeatThatRevivesALease() {
        shouldReport("was answered OK; right was \\[LEASE_NOT_FOUND", model -> new LyingTap(model) {
            @Override
            void reply(Session session, int templateId, UnsafeBuffer reply, long durablePosition) {
                if (templateId == HeartbeatReplyDecoder.TEMPLATE_ID) {
                    int at = HEADER
                            + HeartbeatReplyDecoder.BLOCK_LENGTH
                            + 4
                            + HeartbeatReplyDecoder.LeasesDecoder.codeEncodingOffset();
                    if (at < reply.capacity()
                            && reply.getShort(at, LITTLE_ENDIAN) == RejectReason.LEASE_NOT_FOUND.code()
                            && lie()) {
                        reply.putShort(at, (short) 0, LITTLE_ENDIAN);
                    }
                }
                super.reply(session, templateId, reply, durablePosition);
            }
        });
    }

    @Test
    void shouldReportALeaseReturnedForNoReason() {
        shouldReport("no worker asked|was not closed", model -> new LyingTap(model) {
            @Override
            List<LoggedEvent> internal(List<LoggedEvent> events) {
                return change(
                        events,
                        LeaseReturnedDecoder.TEMPLATE_ID,
                        event -> new LeaseReturnedEncoder().wrap(event, HEADER).reason(ReturnReason.BY_WORKER));
            }
        });
    }

    // ---- answers

    @Test
    void shouldReportAnotherCode() {
        shouldReport("was answered JOB_EXISTS; right was", model -> new LyingTap(model) {
            @Override
            void reply(Session session, int templateId, UnsafeBuffer reply, long durablePosition) {
                int at = HEADER
                        + EnqueueReplyDecoder.BLOCK_LENGTH
                        + 4
                        + EnqueueReplyDecoder.ResultsDecoder.codeEncodingOffset();
                if (templateId == EnqueueReplyDecoder.TEMPLATE_ID && reply.getShort(at, LITTLE_ENDIAN) == 0 && lie()) {
                    reply.putShort(at, (short) RejectReason.JOB_EXISTS.code(), LITTLE_ENDIAN);
                }
                super.reply(session, templateId, reply, durablePosition);
            }
        });
    }

    @Test
    void shouldReportAnAnswerToAnotherSession() {
        shouldReport("nobody asked for the answer|got no answer", model -> new LyingTap(model) {
            @Override
            void reply(Session session, int templateId, UnsafeBuffer reply, long durablePosition) {
                boolean lies = templateId == OutcomeReplyDecoder.TEMPLATE_ID && lie();
                super.reply(lies ? new Session(7_777, null) : session, templateId, reply, durablePosition);
            }
        });
    }

    @Test
    void shouldReportASecondAnswer() {
        shouldReport("nobody asked for the answer", model -> new LyingTap(model) {
            @Override
            void reply(Session session, int templateId, UnsafeBuffer reply, long durablePosition) {
                super.reply(session, templateId, reply, durablePosition);
                if (templateId == EnqueueReplyDecoder.TEMPLATE_ID && lie()) {
                    super.reply(session, templateId, reply, durablePosition);
                }
            }
        });
    }

    @Test
    void shouldReportDurableThatIsClaimedTooEarly() {
        shouldReport("claims durable", model -> new LyingTap(model) {
            @Override
            void reply(Session session, int templateId, UnsafeBuffer reply, long durablePosition) {
                var d = new ReplyHeaderDecoder().wrap(reply, HEADER);
                boolean lies = d.position() > 0 && d.durabilityRaw() == 0 && lie();
                super.reply(session, templateId, reply, lies ? d.position() - 1 : durablePosition);
            }
        });
    }

    @Test
    void shouldReportAnAnswerThatSpeaksOfAnEarlierRecord() {
        shouldReport("speaks of position", model -> new LyingTap(model) {
            @Override
            void reply(Session session, int templateId, UnsafeBuffer reply, long durablePosition) {
                var d = new ReplyHeaderDecoder().wrap(reply, HEADER);
                if (templateId == EnqueueReplyDecoder.TEMPLATE_ID && d.position() > 0 && lie()) {
                    new ReplyHeaderEncoder().wrap(reply, HEADER).position(d.position() - 1);
                }
                super.reply(session, templateId, reply, durablePosition);
            }
        });
    }

    @Test
    void shouldReportAnAnswerFromThePageCacheThatWasToBeDurable() {
        shouldReport("asked for durable", model -> new LyingTap(model) {
            @Override
            void reply(Session session, int templateId, UnsafeBuffer reply, long durablePosition) {
                if (templateId == EnqueueReplyDecoder.TEMPLATE_ID) {
                    hasLied = true;
                    new ReplyHeaderEncoder().wrap(reply, HEADER).durability(io.silo.protocol.reply.Durability.APPENDED);
                }
                super.reply(session, templateId, reply, durablePosition);
            }
        });
    }

    // ---- the log and the state

    @Test
    void shouldReportAJobLostByReplay() {
        shouldReport("hole|lies at position", model -> new LyingTap(model) {
            @Override
            List<LoggedEvent> replayed(List<LoggedEvent> events) {
                boolean isJob = templateId(events.get(0).bytes()) == JobEnqueuedDecoder.TEMPLATE_ID;
                return isJob && lie() ? List.of() : events;
            }
        });
    }

    @Test
    void shouldReportAnEndThatIsMissingAfterAKill() {
        shouldReport("the log ends at position|no CarriedThrough says so", model -> new LyingTap(model) {
            private final List<List<LoggedEvent>> records = new ArrayList<>();

            @Override
            public void onReplayed(List<LoggedEvent> events) {
                records.add(events);
            }

            @Override
            public void onOpened(ShardView view, long monotonicMs) {
                int last = records.size() - 1;
                if (last > 0 && !isOpening(records.get(last - 1)) && lie()) {
                    LoggedEvent lost = records.remove(last - 1).get(0);
                    LoggedEvent opened = records.remove(last - 1).get(0);
                    records.add(List.of(
                            new LoggedEvent(opened.epoch(), lost.position(), opened.timeMs(), 0, opened.bytes())));
                }
                records.forEach(model::onReplayed);
                records.clear();
                model.onOpened(view, monotonicMs);
            }

            private boolean isOpening(List<LoggedEvent> record) {
                return templateId(record.get(0).bytes()) == ShardOpenedDecoder.TEMPLATE_ID;
            }
        });
    }

    @Test
    void shouldReportAnImageThatIsNotTheJob() {
        shouldReport("image at position", model -> new LyingTap(model) {
            @Override
            List<LoggedEvent> internal(List<LoggedEvent> events) {
                return change(events, JobImageDecoder.TEMPLATE_ID, event -> {
                    var d = new JobImageDecoder().wrapAndApplyHeader(event, 0, new MessageHeaderDecoder());
                    new JobImageEncoder().wrap(event, HEADER).leaseToken(d.leaseToken() + 1);
                });
            }
        });
    }

    @Test
    void shouldReportALiveJobThatIsNotCarried() {
        shouldReport("is needed from position", model -> new LyingTap(model) {
            @Override
            List<LoggedEvent> internal(List<LoggedEvent> events) {
                return change(events, CarriedThroughDecoder.TEMPLATE_ID, event -> {
                    var encoder = new CarriedThroughEncoder().wrap(event, HEADER);
                    encoder.firstPosition(events.get(0).position());
                });
            }
        });
    }

    @Test
    void shouldReportAnIndexThatDiffers() {
        shouldReport("ready jobs of group", model -> new LyingTap(model) {
            @Override
            ShardView view(ShardView view) {
                return (ShardView) Proxy.newProxyInstance(
                        ShardView.class.getClassLoader(),
                        new Class<?>[] {ShardView.class},
                        (proxy, method, arguments) -> {
                            try {
                                Object answer = method.invoke(view, arguments);
                                if (method.getName().equals("readyCount") && (int) answer > 0 && lie()) {
                                    return (int) answer - 1;
                                }
                                return answer;
                            } catch (InvocationTargetException e) {
                                throw e.getCause();
                            }
                        });
            }
        });
    }

    @Test
    void shouldReportATokenOfAnotherGrant() {
        shouldReport("task told|was not made", model -> new LyingTap(model) {
            @Override
            void reply(Session session, int templateId, UnsafeBuffer reply, long durablePosition) {
                if (templateId == TasksLeasedDecoder.TEMPLATE_ID && tasks(reply) > 0 && lie()) {
                    int at = HEADER
                            + TasksLeasedDecoder.BLOCK_LENGTH
                            + 4
                            + TasksLeasedDecoder.TasksDecoder.tokenEncodingOffset();
                    long token = reply.getLong(at, LITTLE_ENDIAN);
                    reply.putLong(at, LeaseToken.of(LeaseToken.position(token), 1_000), LITTLE_ENDIAN);
                }
                super.reply(session, templateId, reply, durablePosition);
            }
        });
    }
}
