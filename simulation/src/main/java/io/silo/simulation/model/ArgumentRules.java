package io.silo.simulation.model;

import io.silo.protocol.Bounds;
import io.silo.protocol.RejectReason;
import io.silo.protocol.Session;
import io.silo.protocol.Xxh64;
import io.silo.protocol.command.Outcome;
import io.silo.protocol.command.PayloadEncoding;
import io.silo.shard.command.ShardSettings;
import io.silo.shard.command.ShardSettings.Tenancy;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What is wrong with the arguments of commands. Each rule names all reasons that apply; the one that comes first in
 * {@link RejectReason} is the answer.
 */
final class ArgumentRules {
    private final ShardSettings settings;

    ArgumentRules(ShardSettings settings) {
        this.settings = settings;
    }

    /** The reason that takes precedence, or null if there is none. */
    static @Nullable RejectReason first(Set<RejectReason> reasons) {
        return reasons.isEmpty() ? null : reasons.iterator().next();
    }

    EnumSet<RejectReason> ofItem(Session session, ModelCommand.NewJob item) {
        final JobDefinition wanted = item.wanted();
        final EnumSet<RejectReason> reasons = ofTenant(session, wanted.tenant(), true);
        add(reasons, wanted.payloadEncoding() > PayloadEncoding.MSGPACK.value(), RejectReason.MALFORMED_FRAME);
        add(reasons, wanted.priority() > Bounds.PRIORITY_MAX, RejectReason.PRIORITY_OUT_OF_RANGE);
        reasons.addAll(ofMetadata(wanted.metadata()));
        reasons.addAll(ofTaskGroup(wanted.taskGroup()));
        add(reasons, !isName(wanted.jobId(), Bounds.JOB_ID_BYTES_MAX), RejectReason.INVALID_JOB_ID);
        add(reasons, item.payloadLength() > Bounds.INLINE_BYTES_MAX, RejectReason.PAYLOAD_TOO_LARGE);
        add(reasons, !wanted.retry().isGood(), RejectReason.INVALID_RETRY_POLICY);
        final long leaseMs = wanted.leaseMs();
        add(
                reasons,
                leaseMs != 0 && (leaseMs < Bounds.LEASE_MS_MIN || leaseMs > Bounds.LEASE_MS_MAX),
                RejectReason.INVALID_LEASE_DURATION);
        add(reasons, !isTime(wanted.startAtMs()) || !isTime(wanted.enqueuedAtMs()), RejectReason.INVALID_START_TIME);
        add(reasons, item.uploadId() != 0 && item.payloadLength() > 0, RejectReason.INVALID_UPLOAD);
        final long latest = wanted.startDeadlineMs();
        add(
                reasons,
                latest != 0 && (latest < wanted.startAtMs() || !isTime(latest)),
                RejectReason.INVALID_START_DEADLINE);
        final long maxRunMs = wanted.maxRunMs();
        add(
                reasons,
                maxRunMs != 0 && (maxRunMs < Bounds.LEASE_MS_MIN || maxRunMs > Bounds.MAX_RUN_MS_MAX),
                RejectReason.INVALID_MAX_RUN);
        add(reasons, !isUniqueKey(wanted.uniqueKey()), RejectReason.INVALID_UNIQUE_KEY);
        add(
                reasons,
                wanted.limits().size() > Bounds.LIMITS_MAX
                        || wanted.limits().stream()
                                .anyMatch(limit -> !isName(limit.key(), Bounds.LIMIT_KEY_BYTES_MAX)
                                        || limit.max() > Integer.MAX_VALUE),
                RejectReason.INVALID_JOB_LIMIT);
        add(reasons, !areRatesGood(wanted.limits()), RejectReason.INVALID_RATE_LIMIT);
        add(reasons, !areFloatingGood(wanted.limits()), RejectReason.INVALID_FLOATING_LIMIT);
        return reasons;
    }

    private static boolean areFloatingGood(List<ModelLimit> limits) {
        return limits.stream().filter(ModelLimit::isFloating).allMatch(limit -> {
            final ModelFloating floating = limit.floating();
            return floating != null
                    && floating.isGood()
                    && ofMetadata(floating.metadata()).isEmpty()
                    && limits.stream()
                            .noneMatch(other ->
                                    other.details().isEmpty() && other.key().equals(limit.key()));
        });
    }

    private static boolean areRatesGood(List<ModelLimit> limits) {
        final Set<String> seen = new HashSet<>();
        return limits.stream().filter(ModelLimit::isRate).allMatch(limit -> {
            final ModelRate rate = limit.rate();
            return rate != null
                    && rate.isGood()
                    && isName(rate.name(), Bounds.RATE_LIMIT_NAME_BYTES_MAX)
                    && seen.add(limit.id());
        });
    }

    EnumSet<RejectReason> of(Session session, ModelCommand.PutSchedule command, long nowMs) {
        final EnumSet<RejectReason> reasons = ofItem(session, command.template());
        // The id of a schedule has rules of its own.
        reasons.remove(RejectReason.INVALID_JOB_ID);
        final boolean isInterval = command.intervalMs() != 0;
        final boolean isCron = !command.cron().isEmpty();
        add(
                reasons,
                !isName(command.template().wanted().jobId(), Bounds.SCHEDULE_ID_BYTES_MAX),
                RejectReason.INVALID_SCHEDULE_ID);
        add(
                reasons,
                isInterval == isCron
                        || isInterval
                                && (command.intervalMs() < Bounds.SCHEDULE_INTERVAL_MS_MIN
                                        || command.intervalMs() > Bounds.RETRY_INTERVAL_MS_MAX)
                        || !isTime(command.firstAtMs() == 0 ? nowMs : command.firstAtMs())
                        || command.startWithinMs() < 0
                        || command.startWithinMs() > Bounds.RETRY_INTERVAL_MS_MAX
                        || command.catchUp() > ModelSchedule.ALL
                        || isCron && ModelSchedule.isZone(command.zone()) && !ModelSchedule.isCron(command.cron()),
                RejectReason.INVALID_SCHEDULE);
        add(reasons, isCron && !ModelSchedule.isZone(command.zone()), RejectReason.INVALID_TIME_ZONE);
        return reasons;
    }

    /** Of the tenant and id of a schedule that exists, or not. */
    EnumSet<RejectReason> ofSchedule(Session session, String tenant, String id) {
        final EnumSet<RejectReason> reasons = ofTenant(session, tenant, true);
        add(reasons, !isName(id, Bounds.SCHEDULE_ID_BYTES_MAX), RejectReason.INVALID_SCHEDULE_ID);
        return reasons;
    }

    EnumSet<RejectReason> of(Session session, ModelCommand.SetPaused command) {
        if (command.kind() > ModelPauses.TENANT) {
            return EnumSet.of(RejectReason.MALFORMED_FRAME);
        }
        if (command.kind() == ModelPauses.TENANT) {
            return ofTenant(session, command.name(), true);
        }
        final EnumSet<RejectReason> reasons = ofTaskGroup(command.name());
        // A task group is everybody's.
        add(reasons, Asker.scopeOf(session) != null, RejectReason.PERMISSION_DENIED);
        return reasons;
    }

    /** @param key of a limit; empty = none, where that is fine. */
    EnumSet<RejectReason> ofLimit(Session session, String tenant, String key, boolean needsKey) {
        final EnumSet<RejectReason> reasons = ofTenant(session, tenant, true);
        add(
                reasons,
                (needsKey || !key.isEmpty()) && !isName(key, Bounds.LIMIT_KEY_BYTES_MAX),
                RejectReason.INVALID_JOB_LIMIT);
        return reasons;
    }

    /** Of a tenant that, if it is absent, means all that the session may see. */
    EnumSet<RejectReason> ofTenantOrAll(Session session, String tenant) {
        return tenant.isEmpty() ? EnumSet.noneOf(RejectReason.class) : ofTenant(session, tenant, true);
    }

    EnumSet<RejectReason> of(Session session, ModelFilter filter) {
        final EnumSet<RejectReason> reasons = ofTenantOrAll(session, filter.tenant());
        if (!filter.taskGroup().isEmpty()) {
            reasons.addAll(ofTaskGroup(filter.taskGroup()));
        }
        final int bytes = filter.metadata().stream().mapToInt(String::length).sum();
        add(
                reasons,
                filter.statuses() > ModelFilter.ALL_STATUSES
                        || filter.minAgeMs() < 0
                        || filter.hasDoubleKey()
                        || filter.metadata().size() > 2 * Bounds.METADATA_ENTRIES_MAX
                        || bytes > Bounds.FILTER_BYTES_MAX,
                RejectReason.INVALID_FILTER);
        return reasons;
    }

    EnumSet<RejectReason> of(Session session, ModelCommand.ListSchedules command) {
        final EnumSet<RejectReason> reasons = ofTenantOrAll(session, command.tenant());
        add(reasons, command.pageSize() < 1 || command.pageSize() > Bounds.PAGE_ITEMS_MAX, RejectReason.INVALID_LIMIT);
        return reasons;
    }

    /** Absent is good. */
    private static boolean isUniqueKey(String key) {
        return key.isEmpty() || isName(key, Bounds.UNIQUE_KEY_BYTES_MAX);
    }

    private static boolean isTime(long ms) {
        return ms >= 0 && ms <= Bounds.START_AT_MS_MAX;
    }

    EnumSet<RejectReason> ofAttempt(ModelCommand.ImportedAttempt attempt, boolean isLast) {
        final boolean failed = attempt.outcome() == Outcome.FAILED.value();
        final boolean cancelled = attempt.outcome() == Outcome.CANCELLED.value();
        final boolean isInline = !attempt.result().isEmpty();
        final boolean isUploaded = attempt.uploadId() != 0;
        final EnumSet<RejectReason> reasons = EnumSet.noneOf(RejectReason.class);
        add(reasons, attempt.result().length() > Bounds.INLINE_BYTES_MAX, RejectReason.PAYLOAD_TOO_LARGE);
        add(
                reasons,
                failed && !isName(attempt.errorCode(), Bounds.ERROR_CODE_BYTES_MAX),
                RejectReason.INVALID_ERROR_CODE);
        add(
                reasons,
                attempt.outcome() > Outcome.CANCELLED.value()
                        || attempt.encoding() > PayloadEncoding.MSGPACK.value()
                        || !isTime(attempt.startedAtMs())
                        || !isTime(attempt.finishedAtMs())
                        || !failed && !attempt.errorCode().isEmpty()
                        || isInline && isUploaded
                        || cancelled && (isInline || isUploaded),
                RejectReason.INVALID_ATTEMPT);
        add(reasons, !failed && !isLast, RejectReason.ATTEMPT_NOT_FAILED);
        return reasons;
    }

    EnumSet<RejectReason> of(Session session, ModelCommand.LeaseJob command) {
        final EnumSet<RejectReason> reasons = ofRead(session, command.tenant(), command.jobId());
        reasons.addAll(ofWorker(command.worker()));
        return reasons;
    }

    private static EnumSet<RejectReason> ofMetadata(List<String> keysAndValues) {
        final EnumSet<RejectReason> reasons = EnumSet.noneOf(RejectReason.class);
        add(reasons, keysAndValues.size() > 2 * Bounds.METADATA_ENTRIES_MAX, RejectReason.TOO_MANY_METADATA_ENTRIES);
        long bytes = 0;
        for (int i = 0; i < keysAndValues.size(); i += 2) {
            final String key = keysAndValues.get(i);
            final String value = keysAndValues.get(i + 1);
            bytes += key.length() + value.length();
            add(reasons, Text.isLonger(key, Bounds.METADATA_KEY_CHARACTERS_MAX), RejectReason.METADATA_KEY_TOO_LONG);
            add(reasons, value.length() > Bounds.METADATA_VALUE_BYTES_MAX, RejectReason.METADATA_VALUE_TOO_LONG);
            add(reasons, Text.characters(key) == null || Text.characters(value) == null, RejectReason.INVALID_METADATA);
        }
        add(reasons, bytes > Bounds.METADATA_BYTES_MAX, RejectReason.METADATA_TOO_LARGE);
        return reasons;
    }

    /** @param atShard whether one shard is addressed, which then has to own the tenant. */
    EnumSet<RejectReason> ofTenant(Session session, String named, boolean atShard) {
        final EnumSet<RejectReason> reasons = EnumSet.noneOf(RejectReason.class);
        final String tenant = named.isEmpty() ? Bounds.TENANT_NONE : named;
        final boolean isNone = tenant.equals(Bounds.TENANT_NONE);
        final boolean isMissing = isNone && settings.tenancy() == Tenancy.REQUIRED;
        final String scope = Asker.scopeOf(session);
        // Who names no tenant where one is required has asked for nobody's.
        add(reasons, scope != null && !isMissing && !scope.equals(tenant), RejectReason.PERMISSION_DENIED);
        add(reasons, isMissing, RejectReason.TENANT_REQUIRED);
        add(reasons, !isNone && settings.tenancy() == Tenancy.OFF, RejectReason.TENANT_NOT_ALLOWED);
        add(
                reasons,
                !Text.isClean(named) || Text.isLonger(named, Bounds.TENANT_CHARACTERS_MAX),
                RejectReason.INVALID_TENANT);
        add(reasons, atShard && !owns(tenant), RejectReason.TENANT_NOT_IN_SHARD);
        return reasons;
    }

    private boolean owns(String tenant) {
        final UnsafeBuffer bytes = new UnsafeBuffer(Text.bytes(tenant));
        final long hash = Xxh64.hash(bytes, 0, bytes.capacity());
        return Long.compareUnsigned(settings.rangeFirst(), hash) <= 0
                && Long.compareUnsigned(hash, settings.rangeLast()) <= 0;
    }

    private static EnumSet<RejectReason> ofTaskGroup(String taskGroup) {
        final EnumSet<RejectReason> reasons = EnumSet.noneOf(RejectReason.class);
        add(reasons, taskGroup.isEmpty(), RejectReason.TASK_GROUP_REQUIRED);
        // Characters of at most four bytes: so many bytes are too many, whatever they are.
        add(
                reasons,
                taskGroup.length() > 4 * Bounds.TASK_GROUP_CHARACTERS_MAX
                        || Text.isLonger(taskGroup, Bounds.TASK_GROUP_CHARACTERS_MAX),
                RejectReason.TASK_GROUP_TOO_LONG);
        add(reasons, !Text.isClean(taskGroup), RejectReason.INVALID_TASK_GROUP);
        return reasons;
    }

    static boolean isName(String name, int bytesMax) {
        return !name.isEmpty() && name.length() <= bytesMax && Text.isClean(name);
    }

    private static EnumSet<RejectReason> ofWorker(String worker) {
        final EnumSet<RejectReason> reasons = EnumSet.noneOf(RejectReason.class);
        add(reasons, !isName(worker, Bounds.WORKER_ID_BYTES_MAX), RejectReason.INVALID_WORKER_ID);
        return reasons;
    }

    EnumSet<RejectReason> of(Session session, ModelCommand.Subscribe command) {
        final EnumSet<RejectReason> reasons = command.tenant().isEmpty()
                ? EnumSet.noneOf(RejectReason.class)
                : ofTenant(session, command.tenant(), false);
        reasons.addAll(ofTaskGroup(command.taskGroup()));
        reasons.addAll(ofWorker(command.worker()));
        add(reasons, command.credits() < 1 || command.credits() > Bounds.CREDITS_MAX, RejectReason.INVALID_CREDITS);
        add(reasons, command.id() == 0, RejectReason.INVALID_SUBSCRIPTION);
        return reasons;
    }

    EnumSet<RejectReason> of(Session session, ModelCommand.LeaseTasks command) {
        final EnumSet<RejectReason> reasons = command.tenant().isEmpty()
                ? EnumSet.noneOf(RejectReason.class)
                : ofTenant(session, command.tenant(), true);
        reasons.addAll(ofTaskGroup(command.taskGroup()));
        reasons.addAll(ofWorker(command.worker()));
        add(reasons, command.maxTasks() > Bounds.TASKS_PER_CALL_MAX, RejectReason.INVALID_MAX_TASKS);
        add(reasons, command.waitMs() > Bounds.WAIT_MS_MAX, RejectReason.INVALID_WAIT);
        return reasons;
    }

    EnumSet<RejectReason> of(Session session, ModelCommand.LeaseRefreshes command) {
        final EnumSet<RejectReason> reasons = ofTenantOrAll(session, command.tenant());
        reasons.addAll(ofTaskGroup(command.taskGroup()));
        reasons.addAll(ofWorker(command.worker()));
        add(reasons, command.most() > Bounds.REFRESHES_PER_CALL_MAX, RejectReason.INVALID_MAX_TASKS);
        add(reasons, command.waitMs() > Bounds.WAIT_MS_MAX, RejectReason.INVALID_WAIT);
        return reasons;
    }

    /** Of Heartbeat and ReturnLeases. */
    EnumSet<RejectReason> ofLeases(List<ModelCommand.NamedLease> leases, String worker) {
        final EnumSet<RejectReason> reasons = ofWorker(worker);
        add(reasons, leases.size() > Bounds.BATCH_ITEMS_MAX, RejectReason.BATCH_TOO_LARGE);
        return reasons;
    }

    EnumSet<RejectReason> ofItem(ModelCommand.Report item) {
        final EnumSet<RejectReason> reasons = EnumSet.noneOf(RejectReason.class);
        add(
                reasons,
                item.outcome() > Outcome.CANCELLED.value() || item.encoding() > PayloadEncoding.MSGPACK.value(),
                RejectReason.MALFORMED_FRAME);
        add(reasons, item.result().length() > Bounds.INLINE_BYTES_MAX, RejectReason.PAYLOAD_TOO_LARGE);
        add(
                reasons,
                item.outcome() == Outcome.FAILED.value() && !isName(item.errorCode(), Bounds.ERROR_CODE_BYTES_MAX),
                RejectReason.INVALID_ERROR_CODE);
        add(reasons, item.uploadId() != 0 && !item.result().isEmpty(), RejectReason.INVALID_UPLOAD);
        return reasons;
    }

    EnumSet<RejectReason> of(ModelCommand.UploadChunk command) {
        final EnumSet<RejectReason> reasons = EnumSet.noneOf(RejectReason.class);
        add(reasons, command.totalBytes() > settings.payloadBytesMax(), RejectReason.PAYLOAD_TOO_LARGE);
        final int length = command.chunk().length();
        add(
                reasons,
                command.uploadId() == 0
                        || length == 0
                        || length > Bounds.CHUNK_BYTES_MAX
                        || command.chunkOffset() + length > command.totalBytes(),
                RejectReason.INVALID_UPLOAD);
        return reasons;
    }

    /** Of the tenant and id that a read names. */
    EnumSet<RejectReason> ofRead(Session session, String tenant, String jobId) {
        final EnumSet<RejectReason> reasons = ofTenant(session, tenant, true);
        add(reasons, !isName(jobId, Bounds.JOB_ID_BYTES_MAX), RejectReason.INVALID_JOB_ID);
        return reasons;
    }

    static void add(Set<RejectReason> reasons, boolean applies, RejectReason reason) {
        if (applies) {
            reasons.add(reason);
        }
    }
}
