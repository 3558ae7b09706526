package io.silo.tools;

import io.silo.client.Durability;
import io.silo.client.JobScans;
import io.silo.client.SiloClient;
import io.silo.client.SiloException;
import io.silo.sql.Column;
import io.silo.sql.QueryOptions;
import io.silo.sql.QueryShard;
import io.silo.sql.SqlEngine;
import io.silo.sql.SqlException;
import io.silo.sql.SqlResult;
import io.silo.tools.TimeText.DurationConverter;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code silo query}. */
@Command(
        name = "query",
        description = {
            "Ask in SQL what the server has now: the tables jobs, tasks, queues, queue_counts and tenant_counts of all shards.",
            "EXPLAIN before a query shows which index it uses. See docs/sql.md."
        })
final class QueryCommand implements Callable<Integer> {
    private static final String NUMBER = "-?\\d{1,18}";
    private static final String FRACTION = "-?\\d+\\.\\d+([eE]-?\\d+)?";
    private static final String TEXT = "text:";

    @Mixin
    private final CommonOptions common = new CommonOptions();

    @Mixin
    private final ServerOptions server = new ServerOptions();

    @Parameters(paramLabel = "SQL", description = "One query, with placeholders $1, $2 and so on.")
    private String sql = "";

    @Option(
            names = "--tenant",
            paramLabel = "TENANT",
            defaultValue = "",
            description = "See the rows of this one only (default: all that the token may see).")
    private String tenant = "";

    @Option(
            names = "--param",
            paramLabel = "VALUE",
            description = {
                "Value of the next placeholder: a number, true, false or null, else text.",
                "Behind text: everything is text."
            })
    private List<String> parameters = new ArrayList<>();

    @Option(
            names = "--format",
            paramLabel = "FORMAT",
            description = "table (default), csv, or json: one object a line.")
    private RowFormat format = RowFormat.TABLE;

    @Option(
            names = "--timeout",
            paramLabel = "DURATION",
            converter = DurationConverter.class,
            description = "How long the query may take (default 60s).")
    private Duration timeout = Duration.ofSeconds(60);

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() {
        final PrintWriter out = Out.of(spec);
        try (SiloClient client = ClientConnection.open(server, tenant, Durability.DURABLE)) {
            try (SqlResult result = new SqlEngine()
                    .query(
                            sql,
                            parameters.stream().map(QueryCommand::value).toList(),
                            options(client, tenant, timeout))) {
                write(result, (common.json ? RowFormat.JSON : format).open(result.columns(), out));
            }
        } catch (CompletionException | SiloException failed) {
            throw ClientConnection.failure(failed);
        } catch (SqlException failed) {
            throw failure(failed);
        }
        out.flush();
        return ExitCode.OK;
    }

    /** All shards of the server. */
    static QueryOptions options(SiloClient client, String tenant, Duration timeout) {
        final List<QueryShard> shards = new JobScans(client)
                .shards().join().stream()
                        .map(shard -> new QueryShard(shard.id().toString(), shard.tenantHash(), ""))
                        .toList();
        return new QueryOptions(client, shards, tenant, timeout.toMillis(), QueryOptions.HELD_BYTES_MAX);
    }

    private static void write(SqlResult result, RowFormat.Rows rows) {
        for (Object[] row = result.next(); row != null; row = result.next()) {
            rows.add(row);
        }
        rows.end();
    }

    /** The names of columns, for {@link RowFormat}. */
    static List<String> names(List<Column> columns) {
        return columns.stream().map(Column::name).toList();
    }

    private static @Nullable Object value(String text) {
        if (text.startsWith(TEXT)) {
            return text.substring(TEXT.length());
        }
        if (text.matches(NUMBER)) {
            return Long.parseLong(text);
        }
        if (text.matches(FRACTION)) {
            return Double.parseDouble(text);
        }
        return switch (text) {
            case "true" -> true;
            case "false" -> false;
            case "null" -> null;
            default -> text;
        };
    }

    static CommandFailure failure(SqlException failed) {
        return switch (failed.kind()) {
            case INVALID -> CommandFailure.usage(sentence(failed), "See the tables and columns in docs/sql.md.");
            case TIMEOUT ->
                new CommandFailure(
                        ExitCode.REFUSED, "TIMEOUT", sentence(failed), "Filter more rows out, or raise --timeout.");
            case TOO_LARGE -> new CommandFailure(ExitCode.REFUSED, "TOO_LARGE", sentence(failed), "Add a LIMIT.");
            case CANCELLED, FAILED -> new CommandFailure(ExitCode.REFUSED, "QUERY_FAILED", sentence(failed), "");
        };
    }

    private static String sentence(SqlException failed) {
        return ClientConnection.sentence(String.valueOf(failed.getMessage()));
    }
}
