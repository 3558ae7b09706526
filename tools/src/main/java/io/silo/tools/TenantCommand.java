package io.silo.tools;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.silo.client.Durability;
import io.silo.client.SiloClient;
import io.silo.client.SiloException;
import io.silo.client.Tenant;
import io.silo.client.TenantChange;
import io.silo.client.TenantSettings;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** Sets what tenants may have of the server, and shows it. */
@Command(
        name = "tenant",
        description = {
            "Say what tenants may have of the server: their share of workers, running jobs, stored jobs.",
            "Settings outlive restarts. A token of one tenant sees that tenant's and sets none."
        },
        subcommands = {
            TenantCommand.Weight.class,
            TenantCommand.Cap.class,
            TenantCommand.Quota.class,
            TenantCommand.Show.class,
            TenantCommand.ListAll.class
        })
final class TenantCommand implements Runnable {
    /** Says of a bound that there is none. */
    private static final String NONE = "none";

    @Mixin
    final CommonOptions common = new CommonOptions();

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public void run() {
        if (spec != null) {
            throw new ParameterException(spec.commandLine(), "A command is missing: weight, cap, quota, show or list");
        }
    }

    /** Reads a bound, or {@code none}. Stateless. */
    static final class BoundConverter implements ITypeConverter<Long> {
        @Override
        public Long convert(String text) {
            if (text.equals(NONE)) {
                return (long) TenantSettings.UNLIMITED;
            }
            try {
                final long bound = Long.parseLong(text);
                if (bound >= 0) {
                    return bound;
                }
            } catch (NumberFormatException noNumber) {
                // told below
            }
            throw new TypeConversionException("'" + text + "' is no bound; one is a number, or none");
        }
    }

    /** What all of them have: who is asked about whom. */
    abstract static class OfTenant implements Callable<Integer> {
        @Mixin
        final CommonOptions common = new CommonOptions();

        @Mixin
        final ServerOptions server = new ServerOptions();

        @Parameters(index = "0", paramLabel = "TENANT", description = "Name of the tenant; - means jobs of none.")
        String tenant = "";

        @Spec
        @Nullable
        CommandSpec spec;

        /**
         * Sets what is to be set, and says so: who may set need not be allowed to read.
         *
         * @param told what is set, by its name in the output.
         */
        final int set(TenantChange change, Map<String, Long> told) {
            try (SiloClient client = ClientConnection.open(server, "", Durability.DURABLE)) {
                client.tenants().set(tenant, change);
            } catch (SiloException failed) {
                throw ClientConnection.failure(failed);
            }
            final PrintWriter out = Out.of(spec);
            if (common.json) {
                final ObjectNode node = Output.object();
                node.put("tenant", tenant);
                told.forEach((name, value) -> node.put(name, value == TenantSettings.UNLIMITED ? null : value));
                out.println(Output.line(node));
            } else {
                out.println("Tenant " + tenant + ": "
                        + told.entrySet().stream()
                                .map(entry -> entry.getKey().replace('_', ' ') + " " + bound(entry.getValue()))
                                .collect(Collectors.joining(", "))
                        + ".");
            }
            out.flush();
            return ExitCode.OK;
        }
    }

    /** {@code silo tenant weight}. */
    @Command(
            name = "weight",
            description = {
                "Set how many tasks a tenant gets in one turn of the round, 1 to 1,024; 1 is the default.",
                "Workers serve tenants that have ready tasks in turn: one of weight 3 gets three for each one of weight 1."
            })
    static final class Weight extends OfTenant {
        @Parameters(index = "1", paramLabel = "TASKS", description = "Tasks in one turn.")
        private int weight;

        @Override
        public Integer call() {
            return set(TenantChange.change().weight(weight), Map.of("weight", (long) weight));
        }
    }

    /** {@code silo tenant cap}. */
    @Command(
            name = "cap",
            description = {
                "Set how many jobs of a tenant run at once in each task group.",
                "What runs already goes on; a job leased by its id counts and is not kept back."
            })
    static final class Cap extends OfTenant {
        @Parameters(
                index = "1",
                paramLabel = "JOBS",
                converter = BoundConverter.class,
                description = "Running jobs, 1 to 1,048,576, or none.")
        private long cap;

        @Override
        public Integer call() {
            return set(TenantChange.change().runningMax(toInt(cap)), Map.of("running_max", cap));
        }
    }

    /** {@code silo tenant quota}. */
    @Command(
            name = "quota",
            description = {
                "Set how many jobs a tenant may have that have not ended, how many bytes of them, how many may come in a second.",
                "What goes beyond is refused with TENANT_QUOTA; a schedule's firing is left out. What is there stays."
            })
    static final class Quota extends OfTenant {
        /** At least one of them. */
        static final class Bounds {
            @Option(
                    names = "--queued",
                    paramLabel = "JOBS",
                    converter = BoundConverter.class,
                    description = "Jobs that have not ended, or none.")
            private @Nullable Long queued;

            @Option(
                    names = "--bytes",
                    paramLabel = "BYTES",
                    converter = BoundConverter.class,
                    description = "Bytes of those, payload and metadata and some 150 for each, or none.")
            private @Nullable Long bytes;

            @Option(
                    names = "--enqueue-per-second",
                    paramLabel = "JOBS",
                    converter = BoundConverter.class,
                    description = "Jobs that come new in a second, 1 to 1,000,000, or none.")
            private @Nullable Long enqueuesPerSecond;
        }

        @ArgGroup(exclusive = false, multiplicity = "1")
        private Bounds bounds = new Bounds();

        @Override
        public Integer call() {
            final TenantChange change = TenantChange.change();
            final Map<String, Long> told = new LinkedHashMap<>();
            if (bounds.queued != null) {
                change.queuedMax(bounds.queued);
                told.put("queued_max", bounds.queued);
            }
            if (bounds.bytes != null) {
                change.bytesMax(bounds.bytes);
                told.put("bytes_max", bounds.bytes);
            }
            if (bounds.enqueuesPerSecond != null) {
                change.enqueuesPerSecond(toInt(bounds.enqueuesPerSecond));
                told.put("enqueues_per_second", bounds.enqueuesPerSecond);
            }
            return set(change, told);
        }
    }

    /** {@code silo tenant show}. */
    @Command(
            name = "show",
            description = {
                "Show what a tenant may have, and what it has.",
                "One that nothing was set for has weight 1 and no bounds."
            })
    static final class Show extends OfTenant {
        @Override
        public Integer call() {
            final Tenant told;
            try (SiloClient client = ClientConnection.open(server, "", Durability.DURABLE)) {
                told = client.tenants().get(tenant);
            } catch (SiloException failed) {
                throw ClientConnection.failure(failed);
            }
            final PrintWriter out = Out.of(spec);
            out.println(common.json ? Output.line(json(told)) : line(told));
            out.flush();
            return ExitCode.OK;
        }
    }

    /** {@code silo tenant list}. */
    @Command(
            name = "list",
            description = {"List the tenants that something was set for, one a line.", "With --json, one object a line."
            })
    static final class ListAll implements Callable<Integer> {
        @Mixin
        private final CommonOptions common = new CommonOptions();

        @Mixin
        private final ServerOptions server = new ServerOptions();

        @Spec
        private @Nullable CommandSpec spec;

        @Override
        public Integer call() {
            final List<Tenant> tenants;
            try (SiloClient client = ClientConnection.open(server, "", Durability.DURABLE)) {
                tenants = client.tenants().list();
            } catch (SiloException failed) {
                throw ClientConnection.failure(failed);
            }
            final PrintWriter out = Out.of(spec);
            tenants.forEach(tenant -> out.println(common.json ? Output.line(json(tenant)) : line(tenant)));
            if (tenants.isEmpty() && !common.json) {
                out.println("Nothing is set for any tenant.");
            }
            out.flush();
            return ExitCode.OK;
        }
    }

    /** More than any bound is refused by the server, which knows what it takes. */
    private static int toInt(long value) {
        return (int) Math.min(value, Integer.MAX_VALUE);
    }

    private static ObjectNode json(Tenant tenant) {
        final TenantSettings settings = tenant.settings();
        final ObjectNode node = Output.object();
        node.put("tenant", tenant.name());
        node.put("weight", settings.weight());
        put(node, "running_max", settings.runningMax());
        put(node, "queued_max", settings.queuedMax());
        put(node, "bytes_max", settings.bytesMax());
        put(node, "enqueues_per_second", settings.enqueuesPerSecond());
        node.put("scheduled", tenant.scheduled());
        node.put("running", tenant.running());
        node.put("bytes", tenant.bytes());
        return node;
    }

    /** A bound that is not there is left out. */
    private static void put(ObjectNode node, String name, long bound) {
        if (bound != TenantSettings.UNLIMITED) {
            node.put(name, bound);
        }
    }

    private static String line(Tenant tenant) {
        final TenantSettings settings = tenant.settings();
        return tenant.name() + "  weight " + settings.weight() + "  cap " + bound(settings.runningMax()) + "  queued "
                + (tenant.scheduled() + tenant.running()) + " of " + bound(settings.queuedMax()) + "  running "
                + tenant.running() + "  bytes " + tenant.bytes() + " of " + bound(settings.bytesMax())
                + "  enqueues a second " + bound(settings.enqueuesPerSecond());
    }

    private static String bound(long bound) {
        return bound == TenantSettings.UNLIMITED ? NONE : Long.toString(bound);
    }
}
