package io.silo.tools;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.silo.client.Durability;
import io.silo.client.LimitState;
import io.silo.client.LimitSummary;
import io.silo.client.Limits;
import io.silo.client.SiloClient;
import io.silo.client.SiloException;
import io.silo.protocol.Bounds;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Shows concurrency limits and changes them. */
@Command(
        name = "limits",
        description = "Look at concurrency limits, set other maxima, and take slots back.",
        subcommands = {
            LimitsCommand.ListAll.class,
            LimitsCommand.Show.class,
            LimitsCommand.SetMax.class,
            LimitsCommand.UnsetMax.class,
            LimitsCommand.DropHolders.class
        })
final class LimitsCommand implements Runnable {
    @Mixin
    final CommonOptions common = new CommonOptions();

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public void run() {
        if (spec != null) {
            throw new ParameterException(
                    spec.commandLine(), "A command is missing: list, show, set, unset or drop-holders");
        }
    }

    /** What these commands have in common. */
    abstract static class OfLimits implements Callable<Integer> {
        @Mixin
        final CommonOptions common = new CommonOptions();

        @Mixin
        final ServerOptions server = new ServerOptions();

        @Spec
        @Nullable
        CommandSpec spec;

        @Override
        public final Integer call() {
            try (SiloClient client = ClientConnection.open(server, "", Durability.DURABLE)) {
                call(client.limits());
            } catch (CompletionException | SiloException failed) {
                throw ClientConnection.failure(failed);
            }
            Out.of(spec).flush();
            return ExitCode.OK;
        }

        abstract void call(Limits limits);

        /** One line, or one object. */
        final void report(ObjectNode json, String text) {
            Out.of(spec).println(common.json ? Output.line(json) : text);
        }

        static ObjectNode json(String tenant, String key) {
            final ObjectNode node = Output.object();
            node.put("tenant", tenant.isEmpty() ? Bounds.TENANT_NONE : tenant);
            node.put("key", key);
            return node;
        }

        static ObjectNode json(LimitSummary limit) {
            final ObjectNode node = json(limit.tenant(), limit.key());
            if (limit.max() != null) {
                node.put("max", limit.max());
            }
            node.put("holders", limit.holders());
            node.put("waiting", limit.waiting());
            return node;
        }

        static String max(LimitSummary limit) {
            return limit.max() == null ? "each job's own" : String.valueOf(limit.max());
        }
    }

    /** The commands about one key. */
    abstract static class OfOneKey extends OfLimits {
        @Parameters(index = "0", paramLabel = "KEY", description = "Key of the limit.")
        String key = "";

        @Option(names = "--tenant", paramLabel = "TENANT", defaultValue = "", description = "Whose limit it is.")
        String tenant = "";
    }

    /** {@code silo limits list}. */
    @Command(
            name = "list",
            description = {
                "List the keys that have a maximum set or found out, holders or waiters.",
                "With --json, one object a line; max is there if one is set."
            })
    static final class ListAll extends OfLimits {
        @Option(
                names = "--tenant",
                paramLabel = "TENANT",
                defaultValue = "",
                description = "Whose limits; without it, those of all tenants.")
        private String tenant = "";

        @Override
        void call(Limits limits) {
            final PrintWriter out = Out.of(spec);
            final String row = "%-16s  %-32s  %10s  %8s  %8s%n";
            final boolean[] isFirst = {true};
            limits.forEach(tenant, limit -> {
                if (common.json) {
                    out.println(Output.line(json(limit)));
                    return true;
                }
                if (isFirst[0]) {
                    out.printf(row, "TENANT", "KEY", "MAX SET", "HOLDERS", "WAITING");
                }
                isFirst[0] = false;
                final String max = limit.max() == null ? "-" : String.valueOf(limit.max());
                out.printf(row, limit.tenant(), limit.key(), max, limit.holders(), limit.waiting());
                return true;
            });
            if (isFirst[0] && !common.json) {
                out.println("No limit is in use.");
            }
        }
    }

    /** {@code silo limits show}. */
    @Command(name = "show", description = "Show a limit: its maximum, who holds slots, and who waits for one.")
    static final class Show extends OfOneKey {
        @Option(
                names = "--jobs",
                paramLabel = "COUNT",
                description = "How many holders and how many waiters to name, at most 100 (default 10).")
        private int jobs = 10;

        @Override
        void call(Limits limits) {
            final LimitState limit = limits.get(tenant, key, jobs);
            if (common.json) {
                Out.of(spec).println(Output.line(json(limit)));
            } else {
                text(limit, Out.of(spec));
            }
        }

        private static ObjectNode json(LimitState limit) {
            final ObjectNode node = json(limit.summary());
            final ArrayNode holders = node.putArray("first_holders");
            for (LimitState.Holder holder : limit.holders()) {
                final ObjectNode item = holders.addObject();
                item.put("job_id", holder.jobId());
                item.put("task_group", holder.taskGroup());
                item.put("worker_id", holder.workerId());
                item.put("since_ms", holder.since().toEpochMilli());
                item.put("own_max", holder.ownMax());
            }
            final ArrayNode waiters = node.putArray("first_waiters");
            for (LimitState.Waiter waiter : limit.waiters()) {
                final ObjectNode item = waiters.addObject();
                item.put("job_id", waiter.jobId());
                item.put("task_group", waiter.taskGroup());
                item.put("priority", waiter.priority());
                item.put("start_at_ms", waiter.startAt().toEpochMilli());
                item.put("own_max", waiter.ownMax());
            }
            final LimitState.Floating floating = limit.floating();
            if (floating != null) {
                final ObjectNode item = node.putObject("floating");
                if (floating.max() != null) {
                    item.put("max", floating.max());
                }
                JobOutput.put(item, "refreshed_at_ms", floating.refreshedAt());
                item.put("due_ms", floating.due().toEpochMilli());
                item.put("failures", floating.failures());
                if (!floating.errorCode().isEmpty()) {
                    item.put("error_code", floating.errorCode());
                }
            }
            return node;
        }

        private static void text(LimitState.Floating floating, PrintWriter out) {
            out.println("floating " + (floating.max() == null ? "nothing found out yet" : floating.max())
                    + (floating.refreshedAt() == null ? "" : ", found out at " + floating.refreshedAt())
                    + ", asked again from " + floating.due());
            if (floating.failures() > 0) {
                out.println("         " + floating.failures() + " failures in a row, the last with "
                        + floating.errorCode());
            }
        }

        private static void text(LimitState limit, PrintWriter out) {
            final LimitSummary summary = limit.summary();
            out.println("key      " + summary.key());
            out.println("tenant   " + summary.tenant());
            out.println("max      " + max(summary));
            final LimitState.Floating floating = limit.floating();
            if (floating != null) {
                text(floating, out);
            }
            out.println("holders  " + summary.holders());
            for (LimitState.Holder holder : limit.holders()) {
                out.println("         " + holder.jobId() + " by " + holder.workerId() + " since " + holder.since()
                        + ", task group " + holder.taskGroup() + ", own maximum " + holder.ownMax());
            }
            out.println("waiting  " + summary.waiting());
            for (LimitState.Waiter waiter : limit.waiters()) {
                out.println("         " + waiter.jobId() + ", priority " + waiter.priority() + ", start "
                        + waiter.startAt() + ", task group " + waiter.taskGroup() + ", own maximum "
                        + waiter.ownMax());
            }
        }
    }

    /** {@code silo limits set}. */
    @Command(
            name = "set",
            description = {
                "Set a maximum for a key in place of what its jobs ask for, until it is unset.",
                "A higher one lets waiting jobs go on at once; with a lower one, what runs goes on. With 0 nothing new runs. Jobs"
                        + " that come later are bound by it too."
            })
    static final class SetMax extends OfOneKey {
        @Parameters(index = "1", paramLabel = "MAX", description = "How many may hold a slot at once; 0 = none.")
        private int max;

        @Option(
                names = "--floating",
                description =
                        "Set what was found out for a floating limit; it counts until a worker finds it out again.")
        private boolean isFloating;

        @Override
        void call(Limits limits) {
            if (isFloating) {
                limits.setFloating(tenant, key, max);
                final ObjectNode floating = json(tenant, key);
                floating.put("floating_max", max);
                report(floating, "Floating limit " + key + " is " + max + " until a worker finds it out again.");
                return;
            }
            final boolean changed = limits.set(tenant, key, max);
            final ObjectNode node = json(tenant, key);
            node.put("max", max);
            node.put("changed", changed);
            report(
                    node,
                    max == 0
                            ? "Limit " + key + " is set to 0: nothing new runs, what runs goes on."
                            : "Limit " + key + " is set to " + max + ", whatever its jobs ask for.");
        }
    }

    /** {@code silo limits unset}. */
    @Command(
            name = "unset",
            description = {"Let each job's own maximum of a key count again.", "A key that is not set is fine."})
    static final class UnsetMax extends OfOneKey {
        @Option(
                names = "--floating",
                description = "Forget what was found out for a floating limit: workers are asked at once.")
        private boolean isFloating;

        @Override
        void call(Limits limits) {
            if (isFloating) {
                final boolean wasKnown = limits.forgetFloating(tenant, key);
                final ObjectNode floating = json(tenant, key);
                floating.put("changed", wasKnown);
                report(floating, "Nothing is known of floating limit " + key + ": each job's default counts.");
                return;
            }
            final boolean changed = limits.unset(tenant, key);
            final ObjectNode node = json(tenant, key);
            node.put("changed", changed);
            report(node, "Limit " + key + " is not set: each job's own maximum counts.");
        }
    }

    /** {@code silo limits drop-holders}. */
    @Command(
            name = "drop-holders",
            description = {
                "Take their slots from running jobs, so that others may run.",
                "The jobs go on, beside the others: more may run than the limit allows. It is for holders that are gone in truth"
                        + " while their leases live on. Nothing else changes."
            })
    static final class DropHolders extends OfLimits {
        @Option(
                names = "--tenant",
                paramLabel = "TENANT",
                defaultValue = "",
                description = "Whose jobs; without it, those of no tenant.")
        private String tenant = "";

        @Option(
                names = "--key",
                paramLabel = "KEY",
                defaultValue = "",
                description = "Only slots of this limit; without it, of all.")
        private String key = "";

        @Override
        void call(Limits limits) {
            final int dropped = limits.dropHolders(tenant, key);
            final ObjectNode node = Output.object();
            node.put("tenant", tenant.isEmpty() ? Bounds.TENANT_NONE : tenant);
            if (!key.isEmpty()) {
                node.put("key", key);
            }
            node.put("dropped", dropped);
            report(node, dropped == 1 ? "1 job gave slots back." : dropped + " jobs gave slots back.");
        }
    }
}
