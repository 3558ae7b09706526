package io.silo.sql;

import static io.silo.sql.ColumnType.INT64;
import static io.silo.sql.ColumnType.MAP;
import static io.silo.sql.ColumnType.UINT32;
import static io.silo.sql.ColumnType.UINT8;
import static io.silo.sql.ColumnType.UTF8;

import java.util.List;
import java.util.Locale;

/** The tables that there are. */
enum SqlTable {
    JOBS(
            column("shard_id", UTF8),
            column("tenant", UTF8),
            column("id", UTF8),
            column("priority", UINT8),
            column("enqueue_time_ms", INT64),
            nullable("payload", UTF8),
            nullable("status_kind", UTF8),
            nullable("status_changed_at_ms", INT64),
            column("task_group", UTF8),
            nullable("current_attempt", UINT32),
            nullable("next_attempt_starts_after_ms", INT64),
            nullable("metadata", MAP),
            nullable("limits", UTF8)),
    QUEUES(
            column("shard_id", UTF8),
            column("tenant", UTF8),
            column("queue_name", UTF8),
            column("entry_type", UTF8),
            column("task_id", UTF8),
            nullable("job_id", UTF8),
            nullable("priority", UINT8),
            column("timestamp_ms", INT64)),
    /** Jobs by what they agree in, several rows for each: what counts of jobs are read from. No statement can name it. */
    JOB_COUNTS(
            column("shard_id", UTF8),
            column("tenant", UTF8),
            column("task_group", UTF8),
            nullable("status_kind", UTF8),
            column("cnt", INT64)),
    TENANT_COUNTS(column("shard_id", UTF8), column("tenant", UTF8), column("status_kind", UTF8), column("cnt", INT64)),
    QUEUE_COUNTS(
            column("shard_id", UTF8),
            column("tenant", UTF8),
            column("queue_name", UTF8),
            column("holders", INT64),
            column("requesters", INT64),
            nullable("max_concurrency", INT64),
            nullable("limit_type", UTF8)),
    TASKS(
            column("shard_id", UTF8),
            column("tenant", UTF8),
            column("task_group", UTF8),
            column("start_time_ms", INT64),
            column("priority", UINT8),
            nullable("job_id", UTF8),
            nullable("attempt", UINT32),
            column("variant_type", UTF8),
            column("task_id", UTF8),
            column("held_queues", UTF8));

    @SuppressWarnings("ImmutableEnumChecker") // List.of, which does not change
    private final List<Column> columns;

    SqlTable(Column... columns) {
        this.columns = List.of(columns);
    }

    private static Column column(String name, ColumnType type) {
        return new Column(name, type, false);
    }

    private static Column nullable(String name, ColumnType type) {
        return new Column(name, type, true);
    }

    /** Whether statements may read it. */
    boolean isPublic() {
        return this != JOB_COUNTS;
    }

    String sqlName() {
        return name().toLowerCase(Locale.ROOT);
    }

    List<Column> columns() {
        return columns;
    }

    /** Place of a column; -1 = there is none of that name. */
    int place(String name) {
        for (int i = 0; i < columns.size(); i++) {
            if (columns.get(i).name().equals(name)) {
                return i;
            }
        }
        return -1;
    }
}
