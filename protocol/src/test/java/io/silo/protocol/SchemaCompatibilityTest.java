package io.silo.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.w3c.dom.Element;

/**
 * Holds the live schemas to what was released. A release copies its schemas to {@code schema/released/<version>/}; from then on
 * this test refuses what would misread its logs and frames.
 */
class SchemaCompatibilityTest {
    private static final Path SCHEMAS = Path.of("src/main/resources/schema");

    private static final String RELEASED = """
            <s:messageSchema xmlns:s="http://fixprotocol.io/2016/sbe" package="p" id="9" version="0" byteOrder="littleEndian">
                <types>
                    <composite name="text"><type name="length" primitiveType="uint16"/></composite>
                    <enum name="Kind" encodingType="uint8"><validValue name="A">0</validValue><validValue name="B">1</validValue></enum>
                </types>
                <s:message name="One" id="1">
                    <field name="a" id="1" type="int64"/>
                    <field name="b" id="2" type="Kind"/>
                    <group name="g" id="3" dimensionType="d"><field name="c" id="4" type="int32"/></group>
                    <data name="t" id="5" type="text"/>
                </s:message>
                <s:message name="Two" id="2"><field name="a" id="1" type="int64"/></s:message>
            </s:messageSchema>
            """;

    @ParameterizedTest
    @ValueSource(strings = {"commands.xml", "replies.xml", "events.xml", "limits.xml"})
    void liveSchemaShouldUseEachIdOnce(String name) throws IOException {
        assertThat(SchemaCompatibility.checkAlone(SchemaCompatibility.parse(SCHEMAS.resolve(name))))
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"commands.xml", "replies.xml", "events.xml", "limits.xml"})
    void liveSchemaShouldStillReadEveryReleasedOne(String name) throws IOException {
        final Element live = SchemaCompatibility.parse(SCHEMAS.resolve(name));
        assertThat(SchemaCompatibility.compare(live, live)).isEmpty();

        final Path released = SCHEMAS.resolve("released");
        if (Files.isDirectory(released)) {
            try (DirectoryStream<Path> versions = Files.newDirectoryStream(released)) {
                for (final Path version : versions) {
                    assertThat(SchemaCompatibility.compare(SchemaCompatibility.parse(version.resolve(name)), live))
                            .as("changes against %s that its logs and clients would not survive", version)
                            .isEmpty();
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "id=\"9\" | id=\"8\" | the schema's id",
                "package=\"p\" | package=\"q\" | the schema's package",
                "littleEndian | bigEndian | the schema's byteOrder",
                "name=\"Two\" id=\"2\" | name=\"Two\" id=\"3\" sinceVersion=\"1\" | Two: a released message may not go",
                "name=\"Two\" | name=\"Three\" | Two: its id now stands for Three",
                "name=\"a\" id=\"1\" type=\"int64\" | name=\"a\" id=\"1\" type=\"int32\" | One.a: a released field",
                "name=\"a\" id=\"1\" | name=\"x\" id=\"1\" | One.a: a released field",
                "<field name=\"b\" id=\"2\" type=\"Kind\"/> | `` | One.b: a released field",
                "<field name=\"b\" | <field name=\"n\" id=\"6\" type=\"int8\" sinceVersion=\"1\"/><field name=\"b\" | One.b: a released field",
                "type=\"Kind\"/> | type=\"Kind\"/><field name=\"n\" id=\"6\" type=\"int8\"/> | One.n: new since the release",
                "name=\"c\" id=\"4\" type=\"int32\" | name=\"c\" id=\"4\" type=\"int64\" | One.g.c: a released field",
                "<data name=\"t\" id=\"5\" type=\"text\"/> | `` | One.t: a released data",
                "name=\"length\" primitiveType=\"uint16\" | name=\"length\" primitiveType=\"uint32\" | type text: a released composite",
                "encodingType=\"uint8\" | encodingType=\"uint16\" | type Kind: its encoding",
                "name=\"B\">1 | name=\"B\">2 | type Kind: value B = 1",
                "<validValue name=\"B\">1</validValue> | `` | type Kind: value B = 1",
                "name=\"B\">1</validValue> | name=\"B\">1</validValue><validValue name=\"C\">1</validValue> | type Kind: two values",
                "</s:messageSchema> | <s:message name=\"New\" id=\"3\"/></s:messageSchema> | New: new since the release"
            })
    void shouldRefuseWhatMisreadsARelease(String before, String after, String problem) throws IOException {
        assertThat(RELEASED).contains(before);

        assertThat(SchemaCompatibility.compare(parse(RELEASED), parse(changed(before, after))))
                .anySatisfy(found -> assertThat(found).startsWith(problem));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "type=\"Kind\"/> | type=\"Kind\" description=\"said better\"/>",
                "type=\"Kind\"/> | type=\"Kind\"/><field name=\"n\" id=\"6\" type=\"int8\" sinceVersion=\"1\"/>",
                "type=\"text\"/> | type=\"text\"/><data name=\"u\" id=\"6\" type=\"text\" sinceVersion=\"1\"/>",
                "type=\"int32\"/> | type=\"int32\"/><field name=\"n\" id=\"6\" type=\"int8\" sinceVersion=\"1\"/>",
                "name=\"B\">1</validValue> | name=\"B\">1</validValue><validValue name=\"C\">2</validValue>",
                "</s:messageSchema> | <s:message name=\"New\" id=\"3\" sinceVersion=\"1\"/></s:messageSchema>"
            })
    void shouldAllowWhatIsAppended(String before, String after) throws IOException {
        assertThat(RELEASED).contains(before);

        assertThat(SchemaCompatibility.compare(parse(RELEASED), parse(changed(before, after))))
                .isEmpty();
    }

    @Test
    void shouldRefuseAVersionThatGoesBack() throws IOException {
        final String newer = RELEASED.replace("version=\"0\"", "version=\"1\"");

        assertThat(SchemaCompatibility.compare(parse(newer), parse(RELEASED)))
                .containsExactly("the schema's version may not go back");
    }

    @Test
    void shouldFindAnIdThatIsUsedTwice() throws IOException {
        assertThat(SchemaCompatibility.checkAlone(parse(RELEASED))).isEmpty();
        assertThat(SchemaCompatibility.checkAlone(
                        parse(RELEASED.replace("name=\"c\" id=\"4\"", "name=\"c\" id=\"1\""))))
                .containsExactly("One.g.c: field id 1 is used twice in its message");
        assertThat(SchemaCompatibility.checkAlone(
                        parse(RELEASED.replace("name=\"Two\" id=\"2\"", "name=\"Two\" id=\"1\""))))
                .containsExactly("message id 1 stands for One and Two");
        assertThat(SchemaCompatibility.checkAlone(
                        parse(RELEASED.replace("name=\"t\" id=\"5\"", "name=\"t\" sinceVersion=\"1\" id=\"5\""))))
                .containsExactly("One.t: sinceVersion is above the schema's version");
    }

    /** The released schema as version 1, with one change. */
    private static String changed(String before, String after) {
        return RELEASED.replace(before, after).replace("version=\"0\"", "version=\"1\"");
    }

    private static Element parse(String xml) throws IOException {
        return SchemaCompatibility.parse(new ByteArrayInputStream(xml.getBytes(StandardCharsets.UTF_8)));
    }
}
