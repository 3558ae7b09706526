package io.silo.tools;

import io.silo.client.Durability;
import io.silo.client.Schedule;
import io.silo.client.ScheduleSummary;
import io.silo.client.SiloClient;
import io.silo.client.SiloException;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Makes schedules, shows them and changes them. */
@Command(
        name = "schedule",
        description = "Enqueue jobs again and again, by the clock.",
        subcommands = {
            SchedulePutCommand.Create.class,
            SchedulePutCommand.Put.class,
            ScheduleCommand.ListAll.class,
            ScheduleCommand.Get.class,
            ScheduleChangeCommand.Pause.class,
            ScheduleChangeCommand.Resume.class,
            ScheduleChangeCommand.Delete.class
        })
final class ScheduleCommand implements Runnable {
    @Mixin
    final CommonOptions common = new CommonOptions();

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public void run() {
        if (spec != null) {
            throw new ParameterException(
                    spec.commandLine(), "A command is missing: create, put, list, get, pause, resume or delete");
        }
    }

    /** {@code silo schedule list}. */
    @Command(
            name = "list",
            description = {
                "List schedules by tenant and id: id, task group, when, and when it fires next.",
                "With --json, one object a line."
            })
    static final class ListAll implements Callable<Integer> {
        @Mixin
        private final CommonOptions common = new CommonOptions();

        @Mixin
        private final ServerOptions server = new ServerOptions();

        @Option(
                names = "--tenant",
                paramLabel = "TENANT",
                defaultValue = "",
                description = "Whose schedules; without it, those of all tenants.")
        private String tenant = "";

        @Spec
        private @Nullable CommandSpec spec;

        @Override
        public Integer call() {
            final List<ScheduleSummary> schedules;
            try (SiloClient client = ClientConnection.open(server, tenant, Durability.DURABLE)) {
                schedules = client.listSchedules(tenant);
            } catch (SiloException failed) {
                throw ClientConnection.failure(failed);
            }
            final PrintWriter out = Out.of(spec);
            if (common.json) {
                schedules.forEach(schedule -> out.println(Output.line(ScheduleOutput.json(schedule))));
            } else {
                ScheduleOutput.table(schedules, out);
            }
            return ExitCode.OK;
        }
    }

    /** {@code silo schedule get}. */
    @Command(name = "get", description = "Show a schedule, and when it fires next.")
    static final class Get implements Callable<Integer> {
        @Mixin
        private final CommonOptions common = new CommonOptions();

        @Mixin
        private final ServerOptions server = new ServerOptions();

        @Parameters(paramLabel = "ID", description = "Id of the schedule.")
        private String id = "";

        @Option(names = "--tenant", paramLabel = "TENANT", defaultValue = "", description = "Whose schedule it is.")
        private String tenant = "";

        @Option(
                names = "--firings",
                paramLabel = "COUNT",
                description = "How many of the next firing times to show, at most 100 (default 5).")
        private int firings = 5;

        @Spec
        private @Nullable CommandSpec spec;

        @Override
        public Integer call() {
            final Schedule schedule;
            try (SiloClient client = ClientConnection.open(server, tenant, Durability.DURABLE)) {
                schedule = client.getSchedule(tenant, id, firings);
            } catch (SiloException failed) {
                throw ClientConnection.failure(failed);
            }
            final PrintWriter out = Out.of(spec);
            if (common.json) {
                out.println(Output.line(ScheduleOutput.json(schedule)));
            } else {
                ScheduleOutput.text(schedule, out);
            }
            return ExitCode.OK;
        }
    }
}
