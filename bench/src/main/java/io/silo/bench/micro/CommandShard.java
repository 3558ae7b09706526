package io.silo.bench.micro;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.silo.bench.load.PlainJob;
import io.silo.protocol.CommandConsumer;
import io.silo.protocol.Session;
import io.silo.protocol.command.CancelJobsEncoder;
import io.silo.protocol.command.DeleteJobsEncoder;
import io.silo.protocol.command.Durability;
import io.silo.protocol.command.EnqueueEncoder;
import io.silo.protocol.command.HeartbeatEncoder;
import io.silo.protocol.command.LeaseTasksEncoder;
import io.silo.protocol.command.MessageHeaderEncoder;
import io.silo.protocol.command.Outcome;
import io.silo.protocol.command.PayloadEncoding;
import io.silo.protocol.command.ReportOutcomeEncoder;
import io.silo.protocol.command.RestartJobsEncoder;
import io.silo.protocol.reply.ErrorReplyDecoder;
import io.silo.protocol.reply.MessageHeaderDecoder;
import io.silo.protocol.reply.TasksLeasedDecoder;
import io.silo.shard.ThreadBounds;
import io.silo.shard.command.ShardSettings;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A shard that is given commands of one kind, all encoded ahead, so that what is measured is what the shard does with them. One thread;
 * a run does not allocate.
 */
final class CommandShard extends LocalShard {
    /** Jobs of a batch. */
    static final int BATCH_JOBS = 64;

    /** Tasks of a lease call that prepares. */
    private static final int LEASED_AT_ONCE = 64;

    private static final int COMMAND_BYTES_MAX = 64 * 1024;
    private static final int BYTES_PER_JOB = 512;
    private static final int PAYLOAD_BYTES = 256;
    private static final int ID_BYTES = 36;
    private static final long QUEUE_MS_MAX = 60_000; // nothing is refused for having waited

    private final int jobs;
    private final UnsafeBuffer commands;
    private final int[] ends;
    private final MessageHeaderEncoder header = new MessageHeaderEncoder();
    private final EnqueueEncoder enqueue = new EnqueueEncoder();
    private final LeaseTasksEncoder lease = new LeaseTasksEncoder();
    private final HeartbeatEncoder heartbeat = new HeartbeatEncoder();
    private final ReportOutcomeEncoder report = new ReportOutcomeEncoder();
    private final CancelJobsEncoder cancel = new CancelJobsEncoder();
    private final RestartJobsEncoder restart = new RestartJobsEncoder();
    private final DeleteJobsEncoder delete = new DeleteJobsEncoder();
    private final MessageHeaderDecoder replyHeader = new MessageHeaderDecoder();
    private final TasksLeasedDecoder leased = new TasksLeasedDecoder();
    private final UnsafeBuffer id = new UnsafeBuffer("00000000-0000-0000-0000-000000000000".getBytes(US_ASCII));
    private final byte[] payload = new byte[PAYLOAD_BYTES];
    private final byte[] taskGroup = "group".getBytes(US_ASCII);
    private final byte[] tenant = "tenant".getBytes(US_ASCII);
    private final byte[] worker = "worker".getBytes(US_ASCII);
    private final long[] jobKeys;
    private final long[] tokenEpochs;
    private final long[] tokens;
    private int held;
    private int next;
    private int count;
    private int answered;

    CommandShard(Path directory, int jobs) {
        super(directory, ShardSettings.whole(0), new ThreadBounds(Long.MAX_VALUE / 4, jobs, QUEUE_MS_MAX));
        this.jobs = jobs;
        commands = new UnsafeBuffer(ByteBuffer.allocateDirect(jobs * BYTES_PER_JOB + COMMAND_BYTES_MAX));
        ends = new int[jobs + 1];
        jobKeys = new long[jobs];
        tokenEpochs = new long[jobs];
        tokens = new long[jobs];
    }

    /** Duty cycles until all commands are answered. Returns the log's position. */
    long run() {
        while (answered < count) {
            agent.doWork();
        }
        return shard.log().appendedPosition();
    }

    /** Whether all commands that were prepared last have their answers. */
    boolean isAnswered() {
        return answered == count;
    }

    /** Records that the log has. */
    long records() {
        return shard.log().appendedPosition();
    }

    private void begin() {
        next = 0;
        count = 0;
        answered = 0;
    }

    private int at() {
        return ends[count];
    }

    private void end(int limit) {
        ends[++count] = limit;
    }

    /** Prepares to enqueue all jobs. */
    void enqueue(int jobsPerCommand) {
        begin();
        for (int job = 0; job < jobs; job += jobsPerCommand) {
            final int size = Math.min(jobsPerCommand, jobs - job);
            enqueue.wrapAndApplyHeader(commands, at(), header);
            enqueue.header().correlationId(1).shardEpoch(0).shard(0).durability(Durability.APPENDED);
            final EnqueueEncoder.ItemsEncoder items = enqueue.itemsCount(size);
            for (int i = 0; i < size; i++) {
                PlainJob.next(items);
                items.limitsCount(0);
                items.metadataCount(0);
                items.putTenant(tenant, 0, tenant.length)
                        .putTaskGroup(taskGroup, 0, taskGroup.length)
                        .putJobId(id(job + i), 0, ID_BYTES)
                        .uniqueKey("")
                        .putPayload(payload, 0, payload.length);
            }
            end(enqueue.limit());
        }
    }

    /** Prepares to lease all jobs. */
    void lease(int tasksPerCommand) {
        begin();
        held = 0;
        for (int job = 0; job < jobs; job += tasksPerCommand) {
            lease.wrapAndApplyHeader(commands, at(), header);
            lease.header().correlationId(1).shardEpoch(0).shard(0).durability(Durability.APPENDED);
            lease.requestIdHigh(0).requestIdLow(0).waitMs(0).maxTasks(tasksPerCommand);
            lease.putTenant(tenant, 0, 0).putTaskGroup(taskGroup, 0, taskGroup.length);
            lease.putWorkerId(worker, 0, worker.length);
            end(lease.limit());
        }
    }

    /** Prepares to renew all leases, one a command. */
    void heartbeat() {
        begin();
        for (int job = 0; job < jobs; job++) {
            heartbeat.wrapAndApplyHeader(commands, at(), header);
            heartbeat.header().correlationId(1).shardEpoch(0).shard(0).durability(Durability.APPENDED);
            heartbeat
                    .leasesCount(1)
                    .next()
                    .jobKey(jobKeys[job])
                    .tokenEpoch(tokenEpochs[job])
                    .token(tokens[job]);
            heartbeat.putWorkerId(worker, 0, worker.length);
            end(heartbeat.limit());
        }
    }

    /** Prepares to report all leased tasks as done, one a command. */
    void complete() {
        begin();
        for (int job = 0; job < jobs; job++) {
            report.wrapAndApplyHeader(commands, at(), header);
            report.header().correlationId(1).shardEpoch(0).shard(0).durability(Durability.APPENDED);
            report.subscriptionId(0).credits(0);
            report.itemsCount(1)
                    .next()
                    .jobKey(jobKeys[job])
                    .tokenEpoch(tokenEpochs[job])
                    .token(tokens[job])
                    .uploadId(0)
                    .outcome(Outcome.SUCCEEDED)
                    .resultEncoding(PayloadEncoding.RAW)
                    .putErrorCode(taskGroup, 0, 0)
                    .putResult(payload, 0, Long.BYTES);
            end(report.limit());
        }
    }

    /** Prepares to cancel all jobs, one a command. */
    void cancel() {
        begin();
        for (int job = 0; job < jobs; job++) {
            cancel.wrapAndApplyHeader(commands, at(), header);
            cancel.header().correlationId(1).shardEpoch(0).shard(0).durability(Durability.APPENDED);
            cancel.itemsCount(1).next().putTenant(tenant, 0, tenant.length).putJobId(id(job), 0, ID_BYTES);
            end(cancel.limit());
        }
    }

    /** Prepares to restart all jobs, one a command. */
    void restart() {
        begin();
        for (int job = 0; job < jobs; job++) {
            restart.wrapAndApplyHeader(commands, at(), header);
            restart.header().correlationId(1).shardEpoch(0).shard(0).durability(Durability.APPENDED);
            restart.itemsCount(1).next().putTenant(tenant, 0, tenant.length).putJobId(id(job), 0, ID_BYTES);
            end(restart.limit());
        }
    }

    /** Prepares to delete all jobs, one a command. */
    void delete() {
        begin();
        for (int job = 0; job < jobs; job++) {
            delete.wrapAndApplyHeader(commands, at(), header);
            delete.header().correlationId(1).shardEpoch(0).shard(0).durability(Durability.APPENDED);
            delete.itemsCount(1).next().putTenant(tenant, 0, tenant.length).putJobId(id(job), 0, ID_BYTES);
            end(delete.limit());
        }
    }

    /** Enqueues all jobs. */
    void enqueueAll() {
        enqueue(BATCH_JOBS);
        run();
    }

    /** Leases all jobs. */
    void leaseAll() {
        lease(LEASED_AT_ONCE);
        run();
        if (held != jobs) {
            throw new IllegalStateException("Expected " + jobs + " leases, but there are " + held + ".");
        }
    }

    /** Cancels all jobs. */
    void cancelAll() {
        cancel();
        run();
    }

    private UnsafeBuffer id(int job) {
        int rest = job;
        for (int i = ID_BYTES - 1; i >= ID_BYTES - 10; i--) {
            id.putByte(i, (byte) ('0' + rest % 10));
            rest /= 10;
        }
        return id;
    }

    @Override
    public int poll(CommandConsumer consumer, int limit) {
        int polled = 0;
        while (polled < limit && next < count) {
            final int begin = ends[next];
            if (consumer.onCommand(session, commands, begin, ends[next + 1] - begin)
                    != CommandConsumer.Disposition.CONSUMED) {
                break;
            }
            next++;
            polled++;
        }
        return polled;
    }

    @Override
    public void send(Session to, DirectBuffer buffer, int offset, int length) {
        answered++;
        replyHeader.wrap(buffer, offset);
        if (replyHeader.templateId() == TasksLeasedDecoder.TEMPLATE_ID) {
            leased.wrapAndApplyHeader(buffer, offset, replyHeader);
            final TasksLeasedDecoder.TasksDecoder tasks = leased.tasks();
            while (tasks.hasNext()) {
                tasks.next();
                jobKeys[held] = tasks.jobKey();
                tokenEpochs[held] = tasks.tokenEpoch();
                tokens[held] = tasks.token();
                held++;
                LifecycleShard.skip(tasks);
            }
        } else if (replyHeader.templateId() == ErrorReplyDecoder.TEMPLATE_ID) {
            throw new IllegalStateException("a command was refused");
        }
    }
}
