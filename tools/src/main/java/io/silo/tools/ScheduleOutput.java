package io.silo.tools;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.silo.client.Schedule;
import io.silo.client.ScheduleSummary;
import io.silo.protocol.Bounds;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A schedule as commands show it. Stateless. */
final class ScheduleOutput {
    private ScheduleOutput() {}

    static ObjectNode json(ScheduleSummary schedule) {
        final ObjectNode node = Output.object();
        node.put("id", schedule.id());
        node.put("tenant", schedule.tenant());
        node.put("task_group", schedule.taskGroup());
        JobOutput.put(node, "interval_ms", schedule.interval());
        if (schedule.cron() != null) {
            node.put("cron", schedule.cron());
            node.put("zone", schedule.zone());
        }
        node.put("catch_up", schedule.catchUp().name().toLowerCase(Locale.ROOT));
        node.put("paused", schedule.isPaused());
        JobOutput.put(node, "next_fire_at_ms", schedule.nextFireAt());
        JobOutput.put(node, "last_fire_at_ms", schedule.lastFireAt());
        return node;
    }

    static ObjectNode json(Schedule schedule) {
        final ObjectNode node = json(schedule.summary());
        JobOutput.put(node, "first_at_ms", schedule.firstAt());
        JobOutput.put(node, "start_within_ms", schedule.startWithin());
        node.put("priority", schedule.priority());
        JobOutput.put(node, "lease_ms", schedule.leaseDuration());
        JobOutput.put(node, "max_run_ms", schedule.maxRun());
        JobOutput.put(node, schedule.retryPolicy());
        if (schedule.uniqueKey() != null) {
            node.put("unique_key", schedule.uniqueKey());
        }
        LimitFields.put(node, schedule.limits());
        final ObjectNode metadata = node.putObject("metadata");
        schedule.metadata().forEach(metadata::put);
        JobOutput.put(node, "payload", schedule.payload());
        final ArrayNode firings = node.putArray("firings_ms");
        schedule.firings().forEach(at -> firings.add(at.toEpochMilli()));
        return node;
    }

    /** One line each, in columns. */
    static void table(List<ScheduleSummary> schedules, PrintWriter out) {
        final List<String[]> rows = new ArrayList<>();
        for (ScheduleSummary schedule : schedules) {
            rows.add(new String[] {
                schedule.tenant().equals(Bounds.TENANT_NONE) ? schedule.id() : schedule.tenant() + "/" + schedule.id(),
                schedule.taskGroup(),
                when(schedule),
                next(schedule)
            });
        }
        final int[] widths = new int[3];
        for (String[] row : rows) {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], row[i].length());
            }
        }
        for (String[] row : rows) {
            final StringBuilder line = new StringBuilder();
            for (int i = 0; i < widths.length; i++) {
                line.append(row[i]).append(" ".repeat(2 + widths[i] - row[i].length()));
            }
            out.println(line.append(row[widths.length]));
        }
        out.flush();
    }

    static void text(Schedule schedule, PrintWriter out) {
        out.println("schedule      " + schedule.id());
        out.println("tenant        " + schedule.tenant());
        out.println("task group    " + schedule.taskGroup());
        out.println("fires         " + when(schedule.summary()));
        out.println("next          " + next(schedule.summary()));
        JobOutput.line(out, "last          ", schedule.lastFireAt());
        out.println("first at      " + schedule.firstAt());
        out.println("catch up      " + schedule.summary().catchUp().name().toLowerCase(Locale.ROOT));
        final Duration startWithin = schedule.startWithin();
        if (startWithin != null) {
            out.println("start within  " + TimeText.duration(startWithin));
        }
        JobOutput.line(out, "unique key    ", schedule.uniqueKey());
        out.println("priority      " + schedule.priority());
        if (schedule.retryPolicy().retries() > 0) {
            out.println("retries       " + schedule.retryPolicy().retries() + ", the first after "
                    + TimeText.duration(schedule.retryPolicy().initialInterval()));
        }
        schedule.limits().forEach(limit -> out.println("limit         " + LimitFields.line(limit)));
        schedule.metadata().forEach((key, value) -> out.println("metadata      " + key + " = " + value));
        out.println("payload       " + Output.shown(schedule.payload().bytes()));
        for (Instant at : schedule.firings()) {
            out.println("  firing " + at);
        }
    }

    private static String when(ScheduleSummary schedule) {
        final Duration interval = schedule.interval();
        return interval == null ? schedule.cron() + " " + schedule.zone() : "every " + TimeText.duration(interval);
    }

    private static String next(ScheduleSummary schedule) {
        final Instant at = schedule.nextFireAt();
        return at == null ? schedule.isPaused() ? "paused" : "never" : at.toString();
    }
}
