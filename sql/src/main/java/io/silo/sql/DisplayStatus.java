package io.silo.sql;

import io.silo.client.JobScan;
import io.silo.client.JobStatus;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Names of statuses as queries show them: a job whose start time has come waits, one whose time comes later is scheduled. */
final class DisplayStatus {
    /** Bits of all of them, as {@link JobScan} has them. */
    static final int ALL = 0x3F;

    static final String WAITING = "Waiting";

    private static final String[] STORED = {"Scheduled", "Running", "Succeeded", "Failed", "Cancelled"};

    private DisplayStatus() {}

    /** Of a job as it is stored. */
    static String stored(JobStatus status) {
        return STORED[status.ordinal()];
    }

    static String shown(JobStatus status, long startAtMs, long nowMs) {
        return status == JobStatus.SCHEDULED && startAtMs <= nowMs ? WAITING : stored(status);
    }

    /** The name that a literal means: clients write them in other cases, and some otherwise. */
    static String canonical(String text) {
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "waiting" -> WAITING;
            case "scheduled" -> STORED[0];
            case "running" -> STORED[1];
            case "succeeded", "success" -> STORED[2];
            case "failed" -> STORED[3];
            case "cancelled", "canceled" -> STORED[4];
            default -> text;
        };
    }

    /** Bit of a name; 0 = no job has such a status. */
    static int bit(@Nullable String text) {
        if (text == null) {
            return 0;
        }
        if (text.equals(WAITING)) {
            return JobScan.WAITING;
        }
        for (int i = 0; i < STORED.length; i++) {
            if (STORED[i].equals(text)) {
                return 1 << i;
            }
        }
        return 0;
    }
}
