package io.silo.tools;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.silo.client.Durability;
import io.silo.client.SiloClient;
import io.silo.client.SiloException;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Pauses or resumes a task group or a tenant. */
abstract class PauseCommand implements Callable<Integer> {
    /** One of the two. */
    static final class Target {
        @Option(names = "--task-group", paramLabel = "NAME", description = "A task group, of all tenants.")
        private @Nullable String taskGroup;

        @Option(
                names = "--tenant",
                paramLabel = "TENANT",
                description = "A tenant, in all task groups; - means jobs of none.")
        private @Nullable String tenant;
    }

    @Mixin
    private final CommonOptions common = new CommonOptions();

    @Mixin
    private final ServerOptions server = new ServerOptions();

    @ArgGroup(multiplicity = "1")
    private Target target = new Target();

    @Spec
    private @Nullable CommandSpec spec;

    private final boolean paused;

    PauseCommand(boolean paused) {
        this.paused = paused;
    }

    @Override
    public final Integer call() {
        final String taskGroup = target.taskGroup;
        final String tenant = target.tenant == null ? "" : target.tenant;
        try (SiloClient client = ClientConnection.open(server, "", Durability.DURABLE)) {
            if (taskGroup != null && paused) {
                client.pauseTaskGroup(taskGroup);
            } else if (taskGroup != null) {
                client.resumeTaskGroup(taskGroup);
            } else if (paused) {
                client.pauseTenant(tenant);
            } else {
                client.resumeTenant(tenant);
            }
        } catch (SiloException failed) {
            throw ClientConnection.failure(failed);
        }
        report(taskGroup, tenant);
        return ExitCode.OK;
    }

    private void report(@Nullable String taskGroup, String tenant) {
        if (common.json) {
            final ObjectNode node = Output.object();
            if (taskGroup != null) {
                node.put("task_group", taskGroup);
            } else {
                node.put("tenant", tenant);
            }
            node.put("paused", paused);
            Out.of(spec).println(Output.line(node));
            return;
        }
        final String subject = taskGroup != null ? "Task group " + taskGroup : "Tenant " + tenant;
        Out.of(spec)
                .println(subject
                        + (paused
                                ? " is paused: its tasks wait, what runs goes on."
                                : " is not paused: its tasks run."));
    }

    /** {@code silo pause}. */
    @Command(
            name = "pause",
            description = {
                "Keep the tasks of a task group or a tenant from workers until it is resumed.",
                "Jobs are still enqueued, and what runs goes on. It stays paused over restarts. A token of one tenant cannot pause a"
                        + " task group."
            })
    static final class Pause extends PauseCommand {
        Pause() {
            super(true);
        }
    }

    /** {@code silo resume}. */
    @Command(
            name = "resume",
            description = {
                "Give the tasks of a paused task group or tenant to workers again.",
                "One that is not paused is fine."
            })
    static final class Resume extends PauseCommand {
        Resume() {
            super(false);
        }
    }
}
