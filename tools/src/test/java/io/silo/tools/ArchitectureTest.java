package io.silo.tools;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.simpleName;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTag;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.util.Set;

/** Which part may know which. Every module is on the class path of tools, so all of them are judged here. */
// What classes know of each other rests on no JDK.
@ArchTag("newest-jdk")
@AnalyzeClasses(packages = "io.silo", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    private static final Set<String> CLOCKS = Set.of("currentTimeMillis", "nanoTime");

    /** The classes of a shard's state with methods that change it. */
    private static final Set<String> STATE =
            Set.of("ShardState", "JobTable", "LeaseTable", "StatusChains", "ReadyQueue");

    /** What events change. */
    private static final Set<String> LOGGED = Set.of(
            "io.silo.shard.state.ShardState",
            "io.silo.shard.state.LimitChanges",
            "io.silo.shard.state.PlanChanges",
            "io.silo.shard.state.SettingChanges");

    /**
     * What the shard itself may call: deadlines and leases of sessions, which are not logged, its own record's time, and the cycles of
     * its log.
     */
    private static final Set<String> NOT_LOGGED = Set.of(
            "pollStartTimers",
            "nextStartMs",
            "pollLateJob",
            "settleLimits",
            "leaseTimers",
            "rateWork",
            "recount",
            "recounts",
            "nextStartDeadlineMs",
            "forgetRequests",
            "takeEnqueue",
            "forEachLease",
            "pinTaskGroup",
            "unpinTaskGroup",
            "finished",
            "recordApplied",
            "liveBytes",
            "checkInvariants",
            "close");

    @ArchTest
    static final ArchRule protocolKnowsNothingOfOurs = module("protocol");

    @ArchTest
    static final ArchRule logKnowsNothingOfOurs = module("log");

    @ArchTest
    static final ArchRule shardKnowsProtocolAndTheLogsApi = module("shard", "io.silo.protocol..", "io.silo.log");

    @ArchTest
    static final ArchRule transportKnowsProtocol = module("transport", "io.silo.protocol..");

    @ArchTest
    static final ArchRule clientKnowsTransport = module("client", "io.silo.transport..", "io.silo.protocol..");

    @ArchTest
    static final ArchRule serverKnowsWhatItJoins = module(
            "server",
            "io.silo.gateway..",
            "io.silo.shard..",
            "io.silo.transport..",
            "io.silo.client..",
            "io.silo.log..",
            "io.silo.protocol..");

    @ArchTest
    static final ArchRule gatewayTranslatesOntoTheClient =
            module("gateway", "io.silo.sql..", "io.silo.client..", "io.silo.grpc..", "io.silo.protocol..");

    @ArchTest
    static final ArchRule sqlReadsThroughTheClient = module("sql", "io.silo.client..", "io.silo.protocol..");

    @ArchTest
    static final ArchRule calciteStaysInSql = noClasses()
            .that(resideInAPackage("io.silo..").and(not(resideInAPackage("io.silo.sql.."))))
            .should()
            .dependOnClassesThat(resideInAnyPackage("org.apache.calcite.."))
            .because("who runs a statement has columns and rows to do with, and no planner");

    @ArchTest
    static final ArchRule simulationKnowsThePureParts =
            module("simulation", "io.silo.shard..", "io.silo.log", "io.silo.log.simulated..", "io.silo.protocol..");

    @ArchTest
    static final ArchRule benchKnowsWhatItMeasures = module(
            "bench",
            "io.silo.server..",
            "io.silo.sql..",
            "io.silo.grpc..",
            "io.silo.client..",
            "io.silo.transport..",
            "io.silo.shard..",
            "io.silo.log..",
            "io.silo.protocol..");

    @ArchTest
    static final ArchRule tortureKnowsTheLogTheShardAndTheClient =
            module("torture", "io.silo.client..", "io.silo.shard..", "io.silo.log..", "io.silo.protocol..");

    @ArchTest
    static final ArchRule specsKnowNothingOfOurs = module("specs");

    @ArchTest
    static final ArchRule alloyStaysInSpecs = noClasses()
            .that(resideInAPackage("io.silo..").and(not(resideInAPackage("io.silo.specs.."))))
            .should()
            .dependOnClassesThat(resideInAnyPackage("edu.mit.csail..", "kodkod..", "org.alloytools..", "org.sat4j.."))
            .because("its jars come last on the class path and are opened for the one command that needs them");

    @ArchTest
    static final ArchRule shardTouchesNothingOutside = noClasses()
            .that()
            .resideInAPackage("io.silo.shard..")
            .should()
            .dependOnClassesThat(resideInAnyPackage(
                            "io.aeron..",
                            "net.openhft..",
                            "io.grpc..",
                            "io.etcd..",
                            "java.io..",
                            "java.nio.file..",
                            "java.nio.channels..",
                            "java.net..",
                            "java.util.concurrent..",
                            "org.slf4j..")
                    .and(not(simpleName("TimeUnit")))
                    .and(not(simpleName("Serializable"))))
            .because("the simulator runs the shard in virtual time: take what you need from outside as a port in "
                    + "ShardContext");

    @ArchTest
    static final ArchRule shardHasNoClockAndNoChance = noClasses()
            .that()
            .resideInAPackage("io.silo.shard..")
            .should()
            .callMethodWhere(DescribedPredicate.describe(
                    "reads a clock or draws at random", ArchitectureTest::readsClockOrDraws))
            .because("a decision must come out the same from the same log: the clock is read once per duty cycle, "
                    + "random numbers come from the port in ShardContext, and both are recorded in events");

    @ArchTest
    static final ArchRule chronicleStaysBehindItsPort = noClasses()
            .that(resideInAPackage("io.silo..")
                    .and(not(resideInAnyPackage("io.silo.log.chronicle..", "io.silo.bench.."))))
            .should()
            .dependOnClassesThat(resideInAnyPackage("net.openhft.."))
            .because("only io.silo.log.chronicle knows Chronicle: add what is missing to the port CycleStore");

    @ArchTest
    static final ArchRule aeronStaysInTheTransport = noClasses()
            .that(resideInAPackage("io.silo..")
                    .and(not(resideInAnyPackage(
                            "io.silo.transport..", "io.silo.client..", "io.silo.server", "io.silo.bench.."))))
            .should()
            .dependOnClassesThat(resideInAnyPackage("io.aeron.."))
            .because("only transport speaks Aeron, client and server only start it: use the ports CommandSource and "
                    + "ReplySink, or SiloClient");

    @ArchTest
    static final ArchRule grpcStaysWhereItIsSpoken = noClasses()
            .that(resideInAPackage("io.silo..")
                    .and(not(resideInAnyPackage(
                            "io.silo.gateway..",
                            "io.silo.grpc..",
                            "io.silo.server.gubernator..",
                            "io.silo.bench.service.."))))
            .should()
            .dependOnClassesThat(resideInAnyPackage("io.grpc..", "com.google.protobuf.."))
            .because(
                    "only the gateway and io.silo.server.gubernator speak gRPC, and who measures the gateway: shards ask through the port RateService");

    @ArchTest
    static final ArchRule appliersAreFinal = classes()
            .that()
            .haveSimpleNameEndingWith("Applier")
            .and()
            .areNotInterfaces()
            .should()
            .haveModifier(com.tngtech.archunit.core.domain.JavaModifier.FINAL)
            .andShould()
            .resideInAPackage("io.silo.shard.event")
            .because("an applier is frozen by the logs it has written: a new meaning is a new applier, not a subclass");

    @ArchTest
    static final ArchRule appliersKeepNothing = fields().that()
            .areDeclaredInClassesThat()
            .haveSimpleNameEndingWith("Applier")
            .should()
            .beFinal()
            .because("an applier is a function of state and event: what it must remember belongs into ShardState");

    @ArchTest
    static final ArchRule decidersSeeTheViewOnly = noClasses()
            .that(resideInAnyPackage("io.silo.shard.command..", "io.silo.shard.carry..", "io.silo.shard.history..")
                    .and(not(simpleName("CommandContext"))))
            .should()
            .dependOnClassesThat(DescribedPredicate.describe(
                    "hold the state that appliers change", type -> STATE.contains(type.getSimpleName())))
            .because("what a decider reads is ShardView, and what it changes is an event; CommandContext alone renews "
                    + "leases, which is not logged");

    @ArchTest
    static final ArchRule onlyAppliersChangeLoggedState = noClasses()
            .that(resideInAPackage("io.silo..")
                    .and(not(resideInAnyPackage("io.silo.shard.event..", "io.silo.shard.state.."))))
            .should()
            .callMethodWhere(DescribedPredicate.describe(
                    "changes logged state of ShardState", ArchitectureTest::changesLoggedState))
            .because(
                    "replay knows events only: what is changed past an applier is gone after a restart. Write an event "
                            + "and change the state in its applier");

    @ArchTest
    static final ArchRule nothingHasCycles = slices().matching("io.(silo).(**)")
            .should()
            .beFreeOfCycles()
            .because(
                    "packages in a cycle cannot be read, tested or replaced one by one: put the interface that both need "
                            + "where the lower one is");

    private static ArchRule module(String name, String... known) {
        final String[] allowed = new String[known.length + 1];
        System.arraycopy(known, 0, allowed, 0, known.length);
        allowed[known.length] = "io.silo." + name + "..";
        return noClasses()
                .that()
                .resideInAPackage("io.silo." + name + "..")
                .should()
                .dependOnClassesThat(resideInAPackage("io.silo..").and(not(resideInAnyPackage(allowed))))
                .because("the arrows between modules are drawn in ARCHITECTURE.md: move the class to the module that "
                        + "may know both, or put a port into protocol");
    }

    private static boolean changesLoggedState(JavaMethodCall call) {
        final JavaClass owner = call.getTargetOwner();
        final String method = call.getTarget().getName();
        return LOGGED.contains(owner.getName())
                && !NOT_LOGGED.contains(method)
                && owner.getAllRawInterfaces().stream()
                        .flatMap(view -> view.getMethods().stream())
                        .noneMatch(read -> read.getName().equals(method));
    }

    private static boolean readsClockOrDraws(JavaMethodCall call) {
        final JavaClass owner = call.getTargetOwner();
        final String method = call.getTarget().getName();
        return owner.isEquivalentTo(System.class) && CLOCKS.contains(method)
                || owner.getPackageName().equals("java.time") && method.equals("now")
                || owner.isEquivalentTo(java.time.Clock.class)
                || owner.isEquivalentTo(java.util.UUID.class) && method.equals("randomUUID")
                || owner.isEquivalentTo(Math.class) && method.equals("random")
                || owner.isAssignableTo(java.util.Random.class)
                || owner.isEquivalentTo(System.class) && method.equals("identityHashCode");
    }
}
