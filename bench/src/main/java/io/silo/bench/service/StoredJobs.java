package io.silo.bench.service;

import io.silo.client.ImportResult;
import io.silo.client.ImportedAttempt;
import io.silo.client.ImportedJob;
import io.silo.client.JobRequest;
import io.silo.client.Payload;
import io.silo.client.SiloClient;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.UUID;

/**
 * What a shard of some age holds: jobs of 300 tenants, spread by Zipf's law with s = 1, of which 60 % have succeeded, 20 % failed, 10 % were
 * cancelled, 7 % wait and 3 % start in a year. Which is which depends on their
 * number alone. Immutable once made.
 */
final class StoredJobs {
    /** The largest of the tenants. */
    static final String LARGEST = "tenant-0";

    private static final int TENANTS = 300;
    private static final int BATCH = 4_096;
    private static final long SEED = 1;
    private static final int PERCENT = 100;
    private static final int SUCCEEDED_BELOW = 60;
    private static final int FAILED_BELOW = 80;
    private static final int CANCELLED_BELOW = 90;
    private static final int WAITING_BELOW = 97;
    private static final Payload RESULT = Payload.json("{\"ok\":true}");
    private static final Payload PAYLOAD = Payload.json("{\"text\":\"" + "x".repeat(240) + "\"}");

    private final String prefix = "stored-" + UUID.randomUUID() + '-'; // a server may have those of another
    private final String[] tenants;

    /** Imports so many. */
    StoredJobs(SiloClient client, int count) {
        tenants = new String[count];
        final var random = new SplittableRandom(SEED);
        final double[] shares = shares();
        final Instant now = Instant.now();
        final List<ImportedJob> batch = new ArrayList<>(BATCH);
        for (int job = 0; job < count; job++) {
            tenants[job] = "tenant-" + place(shares, random.nextDouble());
            batch.add(imported(job, random.nextInt(PERCENT), now));
            if (batch.size() == BATCH || job == count - 1) {
                for (final ImportResult result : client.importJobs(batch)) {
                    if (result.rejected() != null) {
                        throw new IllegalStateException("A job was refused: " + result.rejected());
                    }
                }
                batch.clear();
            }
        }
    }

    /** Where the shares of the tenants end, the last at 1. */
    private static double[] shares() {
        final double[] ends = new double[TENANTS];
        double sum = 0;
        for (int i = 0; i < TENANTS; i++) {
            sum += 1.0 / (i + 1);
            ends[i] = sum;
        }
        for (int i = 0; i < TENANTS; i++) {
            ends[i] /= sum;
        }
        return ends;
    }

    private static int place(double[] ends, double at) {
        int place = 0;
        while (place < TENANTS - 1 && ends[place] <= at) {
            place++;
        }
        return place;
    }

    private ImportedJob imported(int job, int percent, Instant now) {
        final JobRequest.Builder request =
                JobRequest.to("stored").tenant(tenants[job]).id(id(job)).payload(PAYLOAD);
        final Instant start = now.minusSeconds(60);
        if (percent < SUCCEEDED_BELOW) {
            return new ImportedJob(request.build(), start, List.of(ImportedAttempt.succeeded(start, now, RESULT)));
        }
        if (percent < FAILED_BELOW) {
            return new ImportedJob(
                    request.build(), start, List.of(ImportedAttempt.failed(start, now, "BROKEN", RESULT)));
        }
        if (percent < CANCELLED_BELOW) {
            return new ImportedJob(request.build(), start, List.of(ImportedAttempt.cancelled(start, now)));
        }
        if (percent >= WAITING_BELOW) {
            request.startAfter(Duration.ofDays(365));
        }
        return new ImportedJob(request.build(), start, List.of());
    }

    int count() {
        return tenants.length;
    }

    String tenant(int job) {
        return tenants[job];
    }

    String id(int job) {
        return prefix + job;
    }
}
