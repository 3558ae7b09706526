package io.silo.client;

import io.silo.protocol.Bounds;
import io.silo.protocol.RejectReason;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** How a client changes and imports many jobs: what is split, uploaded, and tried again. Any thread. */
final class JobChanges {
    // As an enqueue's: an upload is given up by a restart or under memory pressure; thrice in a row is no accident.
    private static final int UPLOAD_ATTEMPTS = 3;

    /** Lengths of the two names. */
    private static final int NAMES_BYTES = 2 * Short.BYTES;

    private final SiloClient client;

    JobChanges(SiloClient client) {
        this.client = client;
    }

    CompletableFuture<List<JobChange>> change(ChangeCalls.Change change, List<JobRef> jobs) {
        final @Nullable JobChange[] results = new JobChange[jobs.size()];
        final List<JobRef> sound = new ArrayList<>(jobs.size());
        final List<Integer> places = new ArrayList<>(jobs.size());
        for (int i = 0; i < results.length; i++) {
            final JobRef job = jobs.get(i);
            final RejectReason refused = unencodable(job);
            if (refused == null) {
                sound.add(job);
                places.add(i);
            } else {
                results[i] = new JobChange(job, refused, null);
            }
        }
        if (sound.isEmpty()) {
            return CompletableFuture.completedFuture(Arrays.asList(results));
        }
        return client.withMap()
                .thenCompose(map -> Batches.send(
                        sound,
                        job -> String.valueOf(map.target(ShardMap.hash(job.tenant()))),
                        JobChanges::length,
                        Bounds.BATCH_ITEMS_MAX,
                        batch -> client.submit(new ChangeCalls.ChangeJobs(
                                change, batch, client.settings().durability, client.deadlineNs()))))
                .thenApply(answers -> {
                    for (int i = 0; i < answers.size(); i++) {
                        results[places.get(i)] = answers.get(i);
                    }
                    return Arrays.asList(results);
                });
    }

    /** A text that no message can hold would spoil those of the others. */
    private static @Nullable RejectReason unencodable(JobRef job) {
        if (JobRequest.utf8Length(job.tenant()) > JobRequest.TEXT_BYTES_MAX) {
            return RejectReason.INVALID_TENANT;
        }
        return JobRequest.utf8Length(job.id()) > JobRequest.TEXT_BYTES_MAX ? RejectReason.INVALID_JOB_ID : null;
    }

    /** Bytes of the names in a message. */
    static int length(JobRef job) {
        return NAMES_BYTES + JobRequest.utf8Length(job.tenant()) + JobRequest.utf8Length(job.id());
    }

    /** Bytes of payloads and results. */
    private static long heldBytes(List<ImportedJob> jobs) {
        long bytes = 0;
        for (final ImportedJob job : jobs) {
            bytes += job.job().payload.size();
            for (final ImportedAttempt attempt : job.attempts()) {
                bytes += attempt.result().size();
            }
        }
        return bytes;
    }

    CompletableFuture<List<ImportResult>> importAll(List<ImportedJob> jobs) {
        final String tenant = client.settings().tenant;
        return client.withMap(() -> heldBytes(jobs)).thenCompose(map -> {
            final ImportResult[] results = new ImportResult[jobs.size()];
            final List<ImportItem> inline = new ArrayList<>(jobs.size());
            final List<Integer> places = new ArrayList<>(jobs.size());
            CompletableFuture<Void> uploaded = CompletableFuture.completedFuture(null);
            for (int i = 0; i < results.length; i++) {
                final ImportedJob job = jobs.get(i);
                final ImportItem item = new ImportItem(job, job.job().tenant == null ? tenant : job.job().tenant);
                final ImportResult refusal = item.refusal(map.payloadBytesMax());
                final int place = i;
                if (refusal != null) {
                    results[i] = refusal;
                } else if (item.chooseUploads(map.inlineBytesMax())) {
                    // One after the other: a job has up to 101 uploads, and three jobs that wait for the rest of theirs
                    // would fill what the server has room for.
                    uploaded = uploaded.thenCompose(done -> uploadAndSend(item, UPLOAD_ATTEMPTS))
                            .thenAccept(result -> results[place] = result);
                } else {
                    inline.add(item);
                    places.add(i);
                }
            }
            final CompletableFuture<Void> sent = inline.isEmpty()
                    ? CompletableFuture.completedFuture(null)
                    : sendInline(inline, map).thenAccept(answers -> {
                        for (int i = 0; i < answers.size(); i++) {
                            results[places.get(i)] = answers.get(i);
                        }
                    });
            return CompletableFuture.allOf(uploaded, sent).thenApply(done -> Arrays.asList(results));
        });
    }

    private CompletableFuture<List<ImportResult>> sendInline(List<ImportItem> items, ShardMap map) {
        record Key(ShardMap.@Nullable Target target, Durability durability) {}
        return Batches.send(
                items,
                item -> new Key(map.target(item.hash), durability(item)),
                ImportItem::inlineLength,
                Bounds.IMPORT_ITEMS_MAX,
                this::sendBatch);
    }

    private Durability durability(ImportItem item) {
        final Durability own = item.job.job().durability;
        return own == null ? client.settings().durability : own;
    }

    private CompletableFuture<List<ImportResult>> sendBatch(List<ImportItem> batch) {
        final CompletableFuture<List<ImportResult>> answered =
                client.submit(new ChangeCalls.ImportJobs(batch, durability(batch.get(0)), client.deadlineNs()));
        return batch.size() == 1 ? answered : answered.thenCompose(results -> repeatAlone(batch, results));
    }

    /** What had no room beside the others of its record has one of its own. */
    private CompletableFuture<List<ImportResult>> repeatAlone(List<ImportItem> batch, List<ImportResult> results) {
        CompletableFuture<List<ImportResult>> all = CompletableFuture.completedFuture(results);
        for (int i = 0; i < results.size(); i++) {
            if (results.get(i).rejected() == RejectReason.BATCH_TOO_LARGE) {
                final int place = i;
                all = all.thenCompose(before -> sendBatch(List.of(batch.get(place)))
                        .thenApply(alone -> {
                            final List<ImportResult> merged = new ArrayList<>(before);
                            merged.set(place, alone.get(0));
                            return merged;
                        }));
            }
        }
        return all;
    }

    private CompletableFuture<ImportResult> uploadAndSend(ImportItem item, int attemptsLeft) {
        CompletableFuture<Void> uploaded = CompletableFuture.completedFuture(null);
        for (int i = 0; i < item.isUploaded.length; i++) {
            if (item.isUploaded[i]) {
                final int part = i;
                uploaded = uploaded.thenCompose(
                                done -> client.upload(item.part(part).bytes(), item.hash))
                        .thenAccept(id -> item.uploadIds[part] = id);
            }
        }
        return uploaded.thenCompose(done -> sendBatch(List.of(item))).thenCompose(results -> {
            final ImportResult result = results.get(0);
            return result.rejected() == RejectReason.UPLOAD_NOT_FOUND && attemptsLeft > 1
                    ? uploadAndSend(item, attemptsLeft - 1)
                    : CompletableFuture.completedFuture(result);
        });
    }
}
