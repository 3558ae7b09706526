package io.silo.shard;

import static org.assertj.core.api.Assertions.assertThat;

import io.silo.shard.command.AttemptEnds;
import io.silo.shard.command.CommandDeciders;
import io.silo.shard.command.JobChanges;
import io.silo.shard.command.JobImports;
import io.silo.shard.command.LeaseEnds;
import io.silo.shard.command.TaskGrants;
import io.silo.shard.event.EventAppliers;
import io.silo.shard.state.ShardCounters;
import java.io.InputStream;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/** The schemas against the code: a message that was added has somebody who takes it. */
class CatalogueTest {
    /** Commands to the session and to the shard thread. */
    private static final Set<String> NOT_TO_A_SHARD =
            Set.of("Hello", "CloseSession", "KeepAlive", "Subscribe", "Unsubscribe");

    /** Events that name a job and are none of its history. */
    private static final Set<String> NAME_A_JOB_ALONE = Set.of("RequestRemembered", "ScheduleFired");

    /** Names and ids of a schema's messages. */
    static Map<String, Integer> templates(String schema) throws Exception {
        Map<String, Integer> templates = new TreeMap<>();
        try (InputStream in = CatalogueTest.class.getResourceAsStream("/schema/" + schema)) {
            NodeList messages = DocumentBuilderFactory.newInstance()
                    .newDocumentBuilder()
                    .parse(in)
                    .getElementsByTagName("sbe:message");
            for (int i = 0; i < messages.getLength(); i++) {
                Element message = (Element) messages.item(i);
                templates.put(message.getAttribute("name"), Integer.valueOf(message.getAttribute("id")));
            }
        }
        assertThat(templates).hasSizeGreaterThan(10);
        return templates;
    }

    @Test
    void shouldHaveADeciderForEachCommandToAShardAndForNothingElse() throws Exception {
        AttemptEnds ends = new AttemptEnds(new ShardCounters());
        CommandDeciders deciders = new CommandDeciders(
                new TaskGrants(new LeaseEnds(ends)), ends, new JobChanges(), new JobImports(() -> null));
        Map<String, Integer> commands = templates("commands.xml");
        assertThat(commands.keySet()).containsAll(NOT_TO_A_SHARD);
        commands.forEach((name, id) -> assertThat(deciders.find(id) != null)
                .as("decider of %s: add it to CommandDeciders", name)
                .isEqualTo(!NOT_TO_A_SHARD.contains(name)));
        for (int id = -1; id < 70_000; id++) {
            if (!commands.containsValue(id)) {
                assertThat(deciders.find(id)).as("template %s", id).isNull();
            }
        }
    }

    @Test
    void shouldHaveAnApplierForEachEventAndForNothingElse() throws Exception {
        EventAppliers appliers = new EventAppliers();
        Map<String, Integer> events = templates("events.xml");
        events.forEach((name, id) -> assertThat(appliers.knows(id))
                .as("applier of %s: add it to EventAppliers", name)
                .isTrue());
        for (int id = -1; id < 70_000; id++) {
            if (!events.containsValue(id)) {
                assertThat(appliers.knows(id)).as("template %s", id).isFalse();
            }
        }
    }

    /** A job's history passes over events by the key that each of its own begins with. */
    @Test
    void shouldBeginEachEventOfAJobWithItsKey() throws Exception {
        int found = 0;
        try (InputStream in = CatalogueTest.class.getResourceAsStream("/schema/events.xml")) {
            NodeList messages = DocumentBuilderFactory.newInstance()
                    .newDocumentBuilder()
                    .parse(in)
                    .getElementsByTagName("sbe:message");
            for (int i = 0; i < messages.getLength(); i++) {
                Element message = (Element) messages.item(i);
                NodeList fields = message.getElementsByTagName("field");
                for (int at = 0; at < fields.getLength(); at++) {
                    Element field = (Element) fields.item(at);
                    if (field.getAttribute("name").equals("jobKey")
                            && !NAME_A_JOB_ALONE.contains(message.getAttribute("name"))) {
                        assertThat(at)
                                .as("place of the key in %s", message.getAttribute("name"))
                                .isZero();
                        assertThat(field.getAttribute("type")).isEqualTo("int64");
                        found++;
                    }
                }
            }
        }
        assertThat(found).isGreaterThan(12);
    }
}
