package io.silo.protocol.session;

import static io.silo.protocol.session.Verb.MANAGE;
import static io.silo.protocol.session.Verb.PRODUCE;
import static io.silo.protocol.session.Verb.READ;
import static io.silo.protocol.session.Verb.WORK;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/** The commands of the schema against the verbs: a command that is added stands here, with those that it needs one of. */
class VerbTest {
    /** Part of every session, whatever its token allows. */
    private static final Set<String> WITHOUT_A_VERB = Set.of("Hello", "CloseSession", "KeepAlive");

    /** Each allows the command by itself. */
    private static final Map<String, Set<Verb>> ALLOWED_BY = Map.ofEntries(
            Map.entry("Enqueue", EnumSet.of(PRODUCE)),
            Map.entry("UploadChunk", EnumSet.of(PRODUCE, WORK, MANAGE)),
            Map.entry("Subscribe", EnumSet.of(WORK)),
            Map.entry("Unsubscribe", EnumSet.of(WORK)),
            Map.entry("LeaseTasks", EnumSet.of(WORK)),
            Map.entry("Heartbeat", EnumSet.of(WORK)),
            Map.entry("ReportOutcome", EnumSet.of(WORK)),
            Map.entry("ReturnLeases", EnumSet.of(WORK)),
            Map.entry("LeaseJob", EnumSet.of(WORK)),
            Map.entry("LeaseRefreshes", EnumSet.of(WORK)),
            Map.entry("ReportRefresh", EnumSet.of(WORK)),
            Map.entry("RenewRefresh", EnumSet.of(WORK)),
            Map.entry("GetJob", EnumSet.of(READ)),
            Map.entry("GetJobResult", EnumSet.of(READ)),
            Map.entry("ReadBytes", EnumSet.of(READ, WORK)),
            Map.entry("GetTaskGroup", EnumSet.of(READ, WORK)),
            Map.entry("ListSchedules", EnumSet.of(READ)),
            Map.entry("GetSchedule", EnumSet.of(READ)),
            Map.entry("CancelJobs", EnumSet.of(MANAGE)),
            Map.entry("RestartJobs", EnumSet.of(MANAGE)),
            Map.entry("ExpediteJobs", EnumSet.of(MANAGE)),
            Map.entry("DeleteJobs", EnumSet.of(MANAGE)),
            Map.entry("ImportJobs", EnumSet.of(MANAGE)),
            Map.entry("PutSchedule", EnumSet.of(MANAGE)),
            Map.entry("PauseSchedules", EnumSet.of(MANAGE)),
            Map.entry("ResumeSchedules", EnumSet.of(MANAGE)),
            Map.entry("DeleteSchedules", EnumSet.of(MANAGE)),
            Map.entry("SetPaused", EnumSet.of(MANAGE)),
            Map.entry("BulkChange", EnumSet.of(MANAGE)),
            Map.entry("GetBulk", EnumSet.of(MANAGE, READ)),
            Map.entry("ListJobs", EnumSet.of(READ)),
            Map.entry("CountJobs", EnumSet.of(READ)),
            Map.entry("ListPauses", EnumSet.of(READ)),
            Map.entry("ListLimits", EnumSet.of(READ)),
            Map.entry("GetLimit", EnumSet.of(READ)),
            Map.entry("SetLimit", EnumSet.of(MANAGE)),
            Map.entry("DropHolders", EnumSet.of(MANAGE)),
            Map.entry("ExplainJob", EnumSet.of(READ)),
            Map.entry("SetTenant", EnumSet.of(MANAGE)),
            Map.entry("ListTenants", EnumSet.of(READ)),
            Map.entry("GetTenant", EnumSet.of(READ)),
            Map.entry("ScanJobs", EnumSet.of(READ)),
            Map.entry("CountTenants", EnumSet.of(READ)),
            Map.entry("ReadEvents", EnumSet.of(READ)));

    private static Map<String, Integer> commands() throws Exception {
        final Map<String, Integer> commands = new TreeMap<>();
        try (InputStream in = VerbTest.class.getResourceAsStream("/schema/commands.xml")) {
            final NodeList messages = DocumentBuilderFactory.newInstance()
                    .newDocumentBuilder()
                    .parse(in)
                    .getElementsByTagName("sbe:message");
            for (int i = 0; i < messages.getLength(); i++) {
                final Element message = (Element) messages.item(i);
                commands.put(message.getAttribute("name"), Integer.valueOf(message.getAttribute("id")));
            }
        }
        return commands;
    }

    @Test
    void shouldNameTheVerbsOfEveryCommand() throws Exception {
        final Set<String> named = new java.util.TreeSet<>(ALLOWED_BY.keySet());
        named.addAll(WITHOUT_A_VERB);
        assertThat(named)
                .as("commands of the schema: give a new one its verb in Verb, and a line here")
                .isEqualTo(commands().keySet());
    }

    @Test
    void shouldAllowEachCommandByItsVerbsAlone() throws Exception {
        final Map<String, Integer> commands = commands();
        for (final Verb verb : EnumSet.complementOf(EnumSet.of(Verb.ADMIN))) {
            final Grant grant = new Grant("t", null, Set.of(verb));
            for (int templateId = 0; templateId < 70_000; templateId++) {
                final int id = templateId;
                final boolean isAllowed = ALLOWED_BY.entrySet().stream()
                        .anyMatch(entry -> id == commands.getOrDefault(entry.getKey(), -1)
                                && entry.getValue().contains(verb));
                assertThat(grant.allows(id)).as("%s with template %s", verb, id).isEqualTo(isAllowed);
            }
        }
        final Grant operator = new Grant("t", null, Set.of(Verb.ADMIN));
        commands.values().forEach(id -> assertThat(operator.allows(id)).isTrue());
    }

    @Test
    void shouldAddUpTheVerbsOfAToken() throws Exception {
        final Map<String, Integer> commands = commands();
        final Grant both = new Grant("t", "acme", Set.of(PRODUCE, READ));
        assertThat(both.allows(commands.get("Enqueue"))).isTrue();
        assertThat(both.allows(commands.get("GetJob"))).isTrue();
        assertThat(both.allows(commands.get("CancelJobs"))).isFalse();
        assertThat(both.allows(commands.get("LeaseTasks"))).isFalse();
    }
}
