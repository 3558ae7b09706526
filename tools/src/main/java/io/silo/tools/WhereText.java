package io.silo.tools;

import io.silo.client.JobFilter;
import io.silo.client.JobStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads a filter: {@code tenant=acme status=failed,cancelled group=mail metadata.region=eu age>7d}. Stateless. */
final class WhereText implements ITypeConverter<JobFilter> {
    /** What its option says of it. */
    static final String HELP =
            "Conditions, all to be met: tenant=T, group=G, status=failed,cancelled (or any), metadata.KEY=VALUE, age>7d."
                    + " A value with spaces stands in \"quotes\".";

    /** A condition: runs of characters that are no spaces, and quoted texts. */
    private static final Pattern CONDITION = Pattern.compile("(?:[^\\s\"]|\"[^\"]*\")+");

    private static final String METADATA = "metadata.";

    @Override
    public JobFilter convert(String text) {
        if (text.chars().filter(character -> character == '"').count() % 2 != 0) {
            throw new TypeConversionException("a quote in '" + text + "' is not closed");
        }
        JobFilter filter = JobFilter.all();
        final Matcher conditions = CONDITION.matcher(text);
        final Set<String> named = new HashSet<>();
        while (conditions.find()) {
            filter = with(filter, conditions.group());
            if (!named.add(nameOf(conditions.group()))) {
                throw new TypeConversionException("'" + nameOf(conditions.group()) + "' is named twice");
            }
        }
        if (named.isEmpty()) {
            throw new TypeConversionException("no condition is named; status=any stands for every job");
        }
        return filter;
    }

    /** What a condition is about: of one name there is one condition. */
    private static String nameOf(String condition) {
        final int equals = condition.indexOf('=');
        final String name = equals < 0 ? "age" : condition.substring(0, equals).replace("\"", "");
        return name.equals("task_group") ? "group" : name;
    }

    private static JobFilter with(JobFilter filter, String condition) {
        if (condition.startsWith("age>")) {
            return filter.minAge(Duration.ofMillis(TimeText.durationMs(condition.substring("age>".length()))));
        }
        final int equals = condition.indexOf('=');
        if (equals < 0) {
            throw unknown(condition);
        }
        final String name = condition.substring(0, equals).replace("\"", "");
        final String value = condition.substring(equals + 1).replace("\"", "");
        if (value.isEmpty() && !name.startsWith(METADATA)) {
            throw new TypeConversionException("'" + condition + "' names no value");
        }
        if (name.startsWith(METADATA) && name.length() > METADATA.length()) {
            return filter.metadata(name.substring(METADATA.length()), value);
        }
        return switch (name) {
            case "tenant" -> filter.tenant(value);
            case "group", "task_group" -> filter.taskGroup(value);
            case "status" -> filter.status(statuses(value));
            default -> throw unknown(condition);
        };
    }

    private static List<JobStatus> statuses(String value) {
        if (value.equalsIgnoreCase("any")) {
            return List.of(JobStatus.values());
        }
        final List<JobStatus> statuses = new ArrayList<>();
        for (String name : value.split(",", -1)) {
            try {
                statuses.add(JobStatus.valueOf(name.toUpperCase(Locale.ROOT)));
            } catch (IllegalArgumentException unknown) {
                throw new TypeConversionException("'" + name
                        + "' is no status; there are scheduled, running, succeeded, failed, cancelled and any");
            }
        }
        return statuses;
    }

    private static TypeConversionException unknown(String condition) {
        return new TypeConversionException(
                "'" + condition + "' is no condition; there are tenant=, group=, status=, metadata.KEY= and age>");
    }
}
