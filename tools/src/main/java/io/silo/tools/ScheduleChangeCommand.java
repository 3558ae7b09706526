package io.silo.tools;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.silo.client.Durability;
import io.silo.client.ScheduleChange;
import io.silo.client.ScheduleRef;
import io.silo.client.SiloClient;
import io.silo.client.SiloException;
import io.silo.protocol.RejectReason;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Pauses, resumes or deletes schedules. One line each: what was done on standard output, what was refused on standard error. */
abstract class ScheduleChangeCommand implements Callable<Integer> {
    @Mixin
    private final CommonOptions common = new CommonOptions();

    @Mixin
    private final ServerOptions server = new ServerOptions();

    @Parameters(paramLabel = "ID", arity = "1..*", description = "Ids of schedules.")
    private List<String> ids = new ArrayList<>();

    @Option(names = "--tenant", paramLabel = "TENANT", defaultValue = "", description = "Whose schedules they are.")
    private String tenant = "";

    @Spec
    private @Nullable CommandSpec spec;

    /** Changes them all. */
    abstract CompletableFuture<List<ScheduleChange>> change(SiloClient client, List<ScheduleRef> schedules);

    /** What was done, with the schedule as its subject. */
    abstract String done(ScheduleChange change);

    /** What was not done. */
    abstract String notDone();

    @Override
    public final Integer call() {
        final List<ScheduleChange> changes;
        try (SiloClient client = ClientConnection.open(server, tenant, Durability.DURABLE)) {
            changes = change(
                            client,
                            ids.stream().map(id -> new ScheduleRef(tenant, id)).toList())
                    .join();
        } catch (CompletionException | SiloException failed) {
            throw ClientConnection.failure(failed);
        }
        changes.forEach(this::report);
        Out.of(spec).flush();
        Out.errorOf(spec).flush();
        return changes.stream().allMatch(ScheduleChange::isAccepted) ? ExitCode.OK : ExitCode.REFUSED;
    }

    private void report(ScheduleChange change) {
        final RejectReason reason = change.rejected();
        final PrintWriter out = Out.of(spec);
        if (common.json) {
            out.println(Output.line(json(change)));
        } else if (reason == null) {
            out.println("Schedule " + change.schedule().id() + " " + done(change) + ".");
        } else {
            Out.errorOf(spec)
                    .println("error: Schedule " + change.schedule().id() + " " + notDone() + ": "
                            + ClientConnection.sentence(reason.sentence()) + " [" + reason.name() + "]");
        }
    }

    private static ObjectNode json(ScheduleChange change) {
        final ObjectNode node = Output.object();
        node.put("id", change.schedule().id());
        node.put("tenant", change.schedule().tenant());
        JobOutput.put(node, "next_fire_at_ms", change.nextFireAt());
        final RejectReason reason = change.rejected();
        if (reason != null) {
            final ObjectNode error = node.putObject("error");
            error.put("code", reason.name());
            error.put("message", reason.sentence());
            error.put("hint", reason.isTransient() ? "Try again later." : "");
        }
        return node;
    }

    /** {@code silo schedule pause}. */
    @Command(
            name = "pause",
            description = {
                "Keep schedules from firing until they are resumed.",
                "What they would have fired meanwhile is left out. The exit code is 1 if any was refused."
            })
    static final class Pause extends ScheduleChangeCommand {
        @Override
        CompletableFuture<List<ScheduleChange>> change(SiloClient client, List<ScheduleRef> schedules) {
            return client.pauseSchedulesAsync(schedules);
        }

        @Override
        String done(ScheduleChange change) {
            return "is paused";
        }

        @Override
        String notDone() {
            return "was not paused";
        }
    }

    /** {@code silo schedule resume}. */
    @Command(
            name = "resume",
            description = {"Let paused schedules fire again.", "The exit code is 1 if any was refused."})
    static final class Resume extends ScheduleChangeCommand {
        @Override
        CompletableFuture<List<ScheduleChange>> change(SiloClient client, List<ScheduleRef> schedules) {
            return client.resumeSchedulesAsync(schedules);
        }

        @Override
        String done(ScheduleChange change) {
            return change.nextFireAt() == null ? "never fires again" : "fires next at " + change.nextFireAt();
        }

        @Override
        String notDone() {
            return "was not resumed";
        }
    }

    /** {@code silo schedule delete}. */
    @Command(
            name = "delete",
            description = {
                "Remove schedules; their jobs stay, and unknown schedules are fine.",
                "The exit code is 1 if any was refused."
            })
    static final class Delete extends ScheduleChangeCommand {
        @Override
        CompletableFuture<List<ScheduleChange>> change(SiloClient client, List<ScheduleRef> schedules) {
            return client.deleteSchedulesAsync(schedules);
        }

        @Override
        String done(ScheduleChange change) {
            return "is gone";
        }

        @Override
        String notDone() {
            return "was not deleted";
        }
    }
}
