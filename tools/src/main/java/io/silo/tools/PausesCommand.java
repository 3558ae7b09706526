package io.silo.tools;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.silo.client.Durability;
import io.silo.client.Pause;
import io.silo.client.SiloClient;
import io.silo.client.SiloException;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code silo pauses}: what is paused. */
@Command(
        name = "pauses",
        description = {
            "Show the task groups and tenants that are paused, one a line.",
            "A token of one tenant sees that tenant alone."
        })
final class PausesCommand implements Callable<Integer> {
    @Mixin
    private final CommonOptions common = new CommonOptions();

    @Mixin
    private final ServerOptions server = new ServerOptions();

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() {
        final List<Pause> pauses;
        try (SiloClient client = ClientConnection.open(server, "", Durability.DURABLE)) {
            pauses = client.listPauses();
        } catch (SiloException failed) {
            throw ClientConnection.failure(failed);
        }
        pauses.forEach(this::report);
        if (pauses.isEmpty() && !common.json) {
            Out.of(spec).println("Nothing is paused.");
        }
        Out.of(spec).flush();
        return ExitCode.OK;
    }

    private void report(Pause pause) {
        final boolean isTenant = pause.kind() == Pause.Kind.TENANT;
        if (common.json) {
            final ObjectNode node = Output.object();
            node.put(isTenant ? "tenant" : "task_group", pause.name());
            Out.of(spec).println(Output.line(node));
        } else {
            Out.of(spec).println((isTenant ? "tenant      " : "task group  ") + pause.name());
        }
    }
}
