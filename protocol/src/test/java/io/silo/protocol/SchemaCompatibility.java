package io.silo.protocol;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.xml.sax.SAXException;

/**
 * What SBE allows a schema to become: messages may be added, fields, groups and data only appended to what they stand in, each
 * with {@code sinceVersion}; ids, names and encodings of what was released stay. Anything else would misread logs and frames of
 * a release.
 */
final class SchemaCompatibility {
    private static final Set<String> MEMBERS = Set.of("field", "group", "data");
    private static final Set<String> TYPES = Set.of("type", "composite", "enum", "set");

    /** Attributes that change nothing on the wire. */
    private static final Set<String> PROSE = Set.of("description", "semanticType", "deprecated", "xml:base");

    private final List<String> problems = new ArrayList<>();
    private final int releasedVersion;

    private SchemaCompatibility(int releasedVersion) {
        this.releasedVersion = releasedVersion;
    }

    /** Reads a schema with what it includes. */
    static Element parse(Path file) throws IOException {
        try {
            return factory().newDocumentBuilder().parse(file.toFile()).getDocumentElement();
        } catch (SAXException | ParserConfigurationException e) {
            throw new IOException("Expected to read schema '" + file + "', but " + e.getMessage(), e);
        }
    }

    /** Reads a schema that includes nothing. */
    static Element parse(InputStream xml) throws IOException {
        try {
            return factory().newDocumentBuilder().parse(xml).getDocumentElement();
        } catch (SAXException | ParserConfigurationException e) {
            throw new IOException("Expected to read a schema, but " + e.getMessage(), e);
        }
    }

    private static DocumentBuilderFactory factory() {
        final DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
        factory.setNamespaceAware(true);
        factory.setXIncludeAware(true);
        return factory;
    }

    /** What is wrong with a schema by itself: ids used twice, or a member without a version that the schema has. */
    static List<String> checkAlone(Element schema) {
        final SchemaCompatibility check = new SchemaCompatibility(number(schema, "version"));
        final Map<String, String> names = new HashMap<>();
        for (final Element message : children(schema, Set.of("message"))) {
            final String id = message.getAttribute("id");
            final String other = names.put(id, message.getAttribute("name"));
            if (other != null) {
                check.problem("message id " + id + " stands for " + other + " and " + message.getAttribute("name"));
            }
            check.checkMemberIds(message, message.getAttribute("name"), new HashSet<>());
        }
        return check.problems;
    }

    /** What in {@code live} breaks readers or logs of {@code released}; empty if nothing. */
    static List<String> compare(Element released, Element live) {
        final SchemaCompatibility check = new SchemaCompatibility(number(released, "version"));
        for (final String attribute : List.of("id", "package", "byteOrder")) {
            if (!released.getAttribute(attribute).equals(live.getAttribute(attribute))) {
                check.problem("the schema's " + attribute + " may not change");
            }
        }
        if (number(live, "version") < check.releasedVersion) {
            check.problem("the schema's version may not go back");
        }
        check.compareMessages(released, live);
        check.compareTypes(released, live);
        return check.problems;
    }

    private void compareMessages(Element released, Element live) {
        final Map<String, Element> liveById = new TreeMap<>();
        for (final Element message : children(live, Set.of("message"))) {
            liveById.put(message.getAttribute("id"), message);
        }
        for (final Element message : children(released, Set.of("message"))) {
            final String name = message.getAttribute("name");
            final Element now = liveById.remove(message.getAttribute("id"));
            if (now == null) {
                problem(name + ": a released message may not go; mark it deprecated");
            } else if (!name.equals(now.getAttribute("name"))) {
                problem(name + ": its id now stands for " + now.getAttribute("name") + "; take a new id");
            } else {
                compareMembers(message, now, name);
            }
        }
        for (final Element added : liveById.values()) {
            checkSince(added, added.getAttribute("name"));
        }
    }

    /** Fields, groups and data each keep their place in their own row: SBE encodes the three one after the other. */
    private void compareMembers(Element released, Element live, String where) {
        for (final String kind : List.of("field", "group", "data")) {
            final List<Element> before = children(released, Set.of(kind));
            final List<Element> now = children(live, Set.of(kind));
            for (int i = 0; i < before.size(); i++) {
                final String name = where + "." + before.get(i).getAttribute("name");
                if (i >= now.size() || !sameAttributes(before.get(i), now.get(i))) {
                    problem(name + ": a released " + kind + " may not change, move or go");
                    break;
                }
                compareMembers(before.get(i), now.get(i), name);
            }
            for (int i = before.size(); i < now.size(); i++) {
                checkSince(now.get(i), where + "." + now.get(i).getAttribute("name"));
            }
        }
    }

    private void compareTypes(Element released, Element live) {
        final Map<String, Element> now = types(live);
        types(released).forEach((name, before) -> {
            final Element type = now.get(name);
            if (type == null || !type.getLocalName().equals(before.getLocalName())) {
                problem("type " + name + ": a released type may not go");
            } else if (!sameAttributes(before, type)) {
                problem("type " + name + ": its encoding may not change");
            } else if (before.getLocalName().equals("enum")
                    || before.getLocalName().equals("set")) {
                compareValues(before, type, name);
            } else if (!sameTree(before, type)) {
                problem("type " + name + ": a released composite may not change; make a new one");
            }
        });
    }

    private void compareValues(Element released, Element live, String name) {
        final Map<String, String> now = values(live);
        values(released).forEach((value, number) -> {
            if (!number.equals(now.get(value))) {
                problem("type " + name + ": value " + value + " = " + number + " may not change or go");
            }
        });
        if (new HashSet<>(now.values()).size() < now.size()) {
            problem("type " + name + ": two values have one number");
        }
    }

    private void checkMemberIds(Element parent, String where, Set<String> ids) {
        for (final Element member : children(parent, MEMBERS)) {
            final String name = where + "." + member.getAttribute("name");
            if (!ids.add(member.getAttribute("id"))) {
                problem(name + ": field id " + member.getAttribute("id") + " is used twice in its message");
            }
            if (number(member, "sinceVersion") > releasedVersion) {
                problem(name + ": sinceVersion is above the schema's version");
            }
            checkMemberIds(member, name, ids);
        }
    }

    private void checkSince(Element added, String name) {
        if (number(added, "sinceVersion") <= releasedVersion) {
            problem(name + ": new since the release, so it needs sinceVersion above " + releasedVersion);
        }
    }

    private void problem(String sentence) {
        problems.add(sentence);
    }

    private static Map<String, Element> types(Element schema) {
        final Map<String, Element> types = new TreeMap<>();
        for (final Element group : children(schema, Set.of("types"))) {
            for (final Element type : children(group, TYPES)) {
                types.put(type.getAttribute("name"), type);
            }
        }
        return types;
    }

    private static Map<String, String> values(Element type) {
        final Map<String, String> values = new TreeMap<>();
        for (final Element value : children(type, Set.of("validValue", "choice"))) {
            values.put(value.getAttribute("name"), value.getTextContent().trim());
        }
        return values;
    }

    private static boolean sameTree(Element a, Element b) {
        final List<Element> inA = children(a, Set.of());
        final List<Element> inB = children(b, Set.of());
        if (!a.getLocalName().equals(b.getLocalName()) || !sameAttributes(a, b) || inA.size() != inB.size()) {
            return false;
        }
        for (int i = 0; i < inA.size(); i++) {
            if (!sameTree(inA.get(i), inB.get(i))) {
                return false;
            }
        }
        return true;
    }

    private static boolean sameAttributes(Element a, Element b) {
        return attributes(a).equals(attributes(b));
    }

    private static Map<String, String> attributes(Element element) {
        final Map<String, String> attributes = new TreeMap<>();
        for (int i = 0; i < element.getAttributes().getLength(); i++) {
            final Node attribute = element.getAttributes().item(i);
            if (!PROSE.contains(attribute.getNodeName())) {
                attributes.put(attribute.getNodeName(), attribute.getNodeValue());
            }
        }
        return attributes;
    }

    /** Child elements with one of these names; all of them if no name is given. */
    private static List<Element> children(Element parent, Set<String> names) {
        final List<Element> children = new ArrayList<>();
        for (Node node = parent.getFirstChild(); node != null; node = node.getNextSibling()) {
            if (node instanceof Element element && (names.isEmpty() || names.contains(element.getLocalName()))) {
                children.add(element);
            }
        }
        return children;
    }

    private static int number(Element element, String attribute) {
        final String value = element.getAttribute(attribute);
        return value.isEmpty() ? 0 : Integer.parseInt(value);
    }
}
