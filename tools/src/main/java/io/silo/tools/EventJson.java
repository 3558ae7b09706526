package io.silo.tools;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.URL;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import org.agrona.DirectBuffer;
import org.xml.sax.InputSource;
import uk.co.real_logic.sbe.PrimitiveType;
import uk.co.real_logic.sbe.ir.Encoding;
import uk.co.real_logic.sbe.ir.Ir;
import uk.co.real_logic.sbe.ir.Token;
import uk.co.real_logic.sbe.otf.OtfHeaderDecoder;
import uk.co.real_logic.sbe.otf.OtfMessageDecoder;
import uk.co.real_logic.sbe.otf.TokenListener;
import uk.co.real_logic.sbe.otf.Types;
import uk.co.real_logic.sbe.xml.IrGenerator;
import uk.co.real_logic.sbe.xml.ParserOptions;
import uk.co.real_logic.sbe.xml.XmlSchemaParser;

/**
 * Decodes events of the log to JSON by the schema itself, read at run time: a new event needs no edit here. One thread.
 */
final class EventJson {
    private static final String SCHEMA = "/schema/events.xml";

    private final Ir ir;
    private final OtfHeaderDecoder header;

    EventJson() {
        final URL schema = EventJson.class.getResource(SCHEMA);
        if (schema == null) {
            throw new IllegalStateException("the build left out " + SCHEMA);
        }
        final InputSource source = new InputSource(schema.toString()); // its place resolves the included types
        try {
            ir = new IrGenerator()
                    .generate(XmlSchemaParser.parse(
                            source,
                            ParserOptions.builder()
                                    .xIncludeAware(true)
                                    .stopOnError(true)
                                    .build()));
        } catch (Exception wrong) { // what the parser declares
            throw new IllegalStateException("the schema of the events cannot be read", wrong);
        }
        header = new OtfHeaderDecoder(ir.headerStructure());
    }

    /** Decodes the event whose message header stands at {@code offset}. */
    ObjectNode decode(DirectBuffer buffer, int offset) {
        final ObjectNode node = Output.object();
        final int templateId = header.getTemplateId(buffer, offset);
        final List<Token> tokens = ir.getMessage(templateId);
        if (tokens == null) {
            node.put("event", "unknown");
            node.put("template_id", templateId);
            return node;
        }
        node.put("event", tokens.get(0).name());
        OtfMessageDecoder.decode(
                buffer,
                offset + header.encodedLength(),
                header.getSchemaVersion(buffer, offset),
                header.getBlockLength(buffer, offset),
                tokens,
                new Listener(node));
        return node;
    }

    /** {@code previousPosition} as {@code previous_position}. */
    private static String snake(String name) {
        return name.replaceAll("([a-z0-9])([A-Z])", "$1_$2").toLowerCase(Locale.ROOT);
    }

    private static final class Listener implements TokenListener {
        private final Deque<ObjectNode> nodes = new ArrayDeque<>();
        private final Deque<ArrayNode> groups = new ArrayDeque<>();

        Listener(ObjectNode root) {
            nodes.push(root);
        }

        private ObjectNode node() {
            return nodes.getFirst();
        }

        @Override
        public void onBeginMessage(Token token) {}

        @Override
        public void onEndMessage(Token token) {}

        @Override
        public void onEncoding(Token field, DirectBuffer buffer, int index, Token type, int actingVersion) {
            final Encoding encoding = type.encoding();
            final long value = Types.getLong(buffer, index, encoding);
            if (encoding.primitiveType() == PrimitiveType.UINT64) {
                node().put(snake(field.name()), Long.toUnsignedString(value));
            } else {
                node().put(snake(field.name()), value);
            }
        }

        @Override
        public void onEnum(
                Token field, DirectBuffer buffer, int index, List<Token> tokens, int from, int to, int actingVersion) {
            final long value = Types.getLong(buffer, index, tokens.get(from + 1).encoding());
            String name = Long.toString(value);
            for (int i = from + 1; i < to; i++) {
                if (tokens.get(i).encoding().constValue().longValue() == value) {
                    name = tokens.get(i).name();
                }
            }
            node().put(snake(field.name()), name);
        }

        @Override
        public void onBitSet(
                Token field, DirectBuffer buffer, int index, List<Token> tokens, int from, int to, int actingVersion) {
            node().put(
                            snake(field.name()),
                            Types.getLong(buffer, index, tokens.get(from + 1).encoding()));
        }

        @Override
        public void onBeginComposite(Token field, List<Token> tokens, int from, int to) {
            nodes.push(node().putObject(snake(field.name())));
        }

        @Override
        public void onEndComposite(Token field, List<Token> tokens, int from, int to) {
            nodes.pop();
        }

        @Override
        public void onGroupHeader(Token token, int count) {
            final ArrayNode group = node().putArray(snake(token.name()));
            if (count > 0) {
                groups.push(group);
            }
        }

        @Override
        public void onBeginGroup(Token token, int index, int count) {
            nodes.push(groups.getFirst().addObject());
        }

        @Override
        public void onEndGroup(Token token, int index, int count) {
            nodes.pop();
            if (index == count - 1) {
                groups.pop();
            }
        }

        @Override
        public void onVarData(Token field, DirectBuffer buffer, int index, int length, Token type) {
            final byte[] bytes = new byte[length];
            buffer.getBytes(index, bytes);
            Output.putBytes(node(), snake(field.name()), bytes);
        }
    }
}
