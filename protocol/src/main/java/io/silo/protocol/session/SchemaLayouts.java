package io.silo.protocol.session;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.agrona.collections.Int2ObjectHashMap;
import org.jspecify.annotations.Nullable;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.xml.sax.SAXException;

/**
 * Reads the message schemas, which lie beside the classes, into {@link MessageLayout}s, so that a new command needs no edit
 * here. Runs once at start; a schema that uses a construct this reader does not know fails the start. Stateless.
 */
final class SchemaLayouts {
    private static final String DIRECTORY = "/schema/";

    private final Map<String, Element> types = new HashMap<>();

    private SchemaLayouts() {}

    /** The layouts of one schema file. */
    record Schema(int id, int version, Int2ObjectHashMap<MessageLayout> layouts) {}

    static Schema read(String file) {
        final SchemaLayouts reader = new SchemaLayouts();
        reader.collectTypes(parse("types.xml"));
        final Element root = parse(file);
        for (final Element child : children(root)) {
            if (child.getLocalName().equals("types")) {
                reader.collectTypes(child);
            }
        }
        final Int2ObjectHashMap<MessageLayout> layouts = new Int2ObjectHashMap<>();
        for (final Element child : children(root)) {
            if (child.getLocalName().equals("message")) {
                layouts.put(number(child, "id"), reader.layout(child));
            }
        }
        return new Schema(number(root, "id"), number(root, "version"), layouts);
    }

    private void collectTypes(Element container) {
        for (final Element child : children(container)) {
            types.put(child.getAttribute("name"), child);
        }
    }

    private MessageLayout layout(Element container) {
        int blockLength = 0;
        final List<MessageLayout.EnumField> enums = new ArrayList<>();
        final List<MessageLayout> groups = new ArrayList<>();
        final List<MessageLayout.DataField> data = new ArrayList<>();
        for (final Element child : children(container)) {
            switch (child.getLocalName()) {
                case "field" -> blockLength += addField(child.getAttribute("type"), blockLength, enums);
                case "group" -> groups.add(layout(child));
                case "data" -> data.add(dataField(type(child.getAttribute("type"))));
                default -> throw unknown(child);
            }
        }
        return new MessageLayout(
                blockLength,
                enums.toArray(new MessageLayout.EnumField[0]),
                groups.toArray(new MessageLayout[0]),
                data.toArray(new MessageLayout.DataField[0]));
    }

    /** Notes the enums inside a field and returns its length in bytes. */
    private int addField(String typeName, int offset, List<MessageLayout.EnumField> enums) {
        final int primitiveLength = primitiveLength(typeName);
        if (primitiveLength > 0) {
            return primitiveLength;
        }
        final Element type = type(typeName);
        switch (type.getLocalName()) {
            case "enum" -> {
                if (!type.getAttribute("encodingType").equals("uint8")) {
                    throw unknown(type);
                }
                enums.add(enumField(type, offset));
                return 1;
            }
            case "type" -> {
                return addField(type.getAttribute("primitiveType"), offset, enums);
            }
            case "composite" -> {
                int length = 0;
                for (final Element part : children(type)) {
                    length += switch (part.getLocalName()) {
                        case "type" -> addField(part.getAttribute("primitiveType"), offset + length, enums);
                        case "ref" -> addField(part.getAttribute("type"), offset + length, enums);
                        default -> throw unknown(part);
                    };
                }
                return length;
            }
            default -> throw unknown(type);
        }
    }

    private static MessageLayout.EnumField enumField(Element type, int offset) {
        long values = 0;
        for (final Element value : children(type)) {
            final int number = Integer.parseInt(value.getTextContent().trim());
            if (number >= Long.SIZE) {
                throw unknown(value);
            }
            values |= 1L << number;
        }
        return new MessageLayout.EnumField(offset, values);
    }

    private static MessageLayout.DataField dataField(Element type) {
        final Element length = children(type).get(0);
        final int lengthBytes = primitiveLength(length.getAttribute("primitiveType"));
        if (lengthBytes != 2 && lengthBytes != 4) {
            throw unknown(length);
        }
        final String max = length.getAttribute("maxValue");
        return new MessageLayout.DataField(lengthBytes, max.isEmpty() ? 0xFFFF_FFFFL : Long.parseLong(max));
    }

    private Element type(String name) {
        final Element type = types.get(name);
        if (type == null) {
            throw new IllegalStateException("Expected to find type '" + name + "' in the schema, but it is not there.");
        }
        return type;
    }

    private static int primitiveLength(String primitive) {
        return switch (primitive) {
            case "char", "int8", "uint8" -> 1;
            case "int16", "uint16" -> 2;
            case "int32", "uint32", "float" -> 4;
            case "int64", "uint64", "double" -> 8;
            default -> 0;
        };
    }

    private static int number(Element element, String attribute) {
        return Integer.parseInt(element.getAttribute(attribute));
    }

    private static List<Element> children(Element parent) {
        final List<Element> result = new ArrayList<>();
        for (@Nullable Node node = parent.getFirstChild(); node != null; node = node.getNextSibling()) {
            if (node instanceof Element element) {
                result.add(element);
            }
        }
        return result;
    }

    static Element parse(String file) {
        final DocumentBuilderFactory factory = DocumentBuilderFactory.newDefaultInstance();
        factory.setNamespaceAware(true);
        try (InputStream in = SchemaLayouts.class.getResourceAsStream(DIRECTORY + file)) {
            if (in == null) {
                throw new IllegalStateException(
                        "Expected to find " + DIRECTORY + file + " beside the classes, but it is not there.");
            }
            return factory.newDocumentBuilder().parse(in).getDocumentElement();
        } catch (IOException | SAXException | ParserConfigurationException e) {
            throw new IllegalStateException("Expected to read the schema " + file + ", but it is damaged.", e);
        }
    }

    private static IllegalStateException unknown(Element element) {
        return new IllegalStateException("Expected a construct that the frame check knows, but the schema has <"
                + element.getNodeName() + " name='" + element.getAttribute("name") + "'>.");
    }
}
