package io.silo.protocol.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.silo.protocol.Bounds;
import io.silo.protocol.RejectReason;
import io.silo.protocol.command.EnqueueDecoder;
import io.silo.protocol.command.GetJobDecoder;
import io.silo.protocol.command.HeartbeatDecoder;
import io.silo.protocol.command.HelloDecoder;
import io.silo.protocol.command.MessageHeaderDecoder;
import io.silo.protocol.command.ReportOutcomeDecoder;
import io.silo.protocol.command.SubscribeDecoder;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

class FrameCheckTest {
    private final FrameCheck check = FrameCheck.ofCommands();
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();

    @Test
    void shouldAcceptEveryWellFormedCommand() {
        final Set<Integer> templates = new HashSet<>();
        for (final byte[] sample : CommandSamples.all()) {
            final UnsafeBuffer buffer = new UnsafeBuffer(sample);
            assertThat(check.judge(buffer, 0, sample.length)).isNull();
            assertThat(check.correlationId(buffer, 0, sample.length)).isEqualTo(CommandSamples.CORRELATION_ID);
            templates.add(FrameCheck.templateId(buffer, 0));
        }
        assertThat(templates)
                .as("one sample of each command in the schema")
                .isEqualTo(templatesOfSchema("commands.xml"));
    }

    @Test
    void shouldComputeTheBlockLengthsThatTheCodecsHave() throws ReflectiveOperationException {
        for (final String file : List.of("commands.xml", "replies.xml")) {
            final SchemaLayouts.Schema schema = SchemaLayouts.read(file);
            final String packageName = "io.silo.protocol." + (file.equals("commands.xml") ? "command" : "reply");
            int found = 0;
            for (final int templateId : templatesOfSchema(file)) {
                final Class<?> decoder = Class.forName(packageName + "." + nameInSchema(file, templateId) + "Decoder");
                assertThat(schema.layouts().get(templateId).blockLength())
                        .as(decoder.getSimpleName())
                        .isEqualTo(decoder.getField("BLOCK_LENGTH").getInt(null));
                found++;
            }
            assertThat(found).isGreaterThan(10);
        }
    }

    @Test
    void shouldRefuseEveryPrefixAndEveryTail() {
        for (final byte[] sample : CommandSamples.all()) {
            final UnsafeBuffer buffer = new UnsafeBuffer(new byte[sample.length + 1]);
            buffer.putBytes(0, sample);
            for (int length = 0; length < sample.length; length++) {
                // A buffer of exactly this length: a read behind it would throw.
                final DirectBuffer prefix = new UnsafeBuffer(sample, 0, length);
                assertThat(check.judge(prefix, 0, length)).isEqualTo(RejectReason.MALFORMED_FRAME);
                check.correlationId(prefix, 0, length);
            }
            assertThat(check.judge(buffer, 0, sample.length + 1)).isEqualTo(RejectReason.MALFORMED_FRAME);
        }
    }

    @Test
    void shouldTellWhatIsUnsupportedFromWhatIsMalformed() {
        final UnsafeBuffer buffer = new UnsafeBuffer(CommandSamples.getJob());
        final int length = buffer.capacity();

        assertThat(changed(buffer, MessageHeaderDecoder.templateIdEncodingOffset(), 999, length))
                .isEqualTo(RejectReason.UNSUPPORTED);
        assertThat(changed(buffer, MessageHeaderDecoder.versionEncodingOffset(), 1, length))
                .isEqualTo(RejectReason.UNSUPPORTED);
        assertThat(changed(buffer, MessageHeaderDecoder.schemaIdEncodingOffset(), 2, length))
                .isEqualTo(RejectReason.MALFORMED_FRAME);
        assertThat(changed(buffer, MessageHeaderDecoder.blockLengthEncodingOffset(), 1, length))
                .isEqualTo(RejectReason.MALFORMED_FRAME);
        final byte[] huge = new byte[Bounds.MESSAGE_BYTES_MAX + 1];
        assertThat(check.judge(new UnsafeBuffer(huge), 0, huge.length)).isEqualTo(RejectReason.MALFORMED_FRAME);
    }

    @Test
    void shouldBoundBatches() {
        final UnsafeBuffer buffer = new UnsafeBuffer(CommandSamples.enqueue(1));
        final int countOffset = MessageHeaderDecoder.ENCODED_LENGTH + EnqueueDecoder.BLOCK_LENGTH + 2;
        assertThat(changed(buffer, countOffset, Bounds.BATCH_ITEMS_MAX + 1, buffer.capacity()))
                .isEqualTo(RejectReason.BATCH_TOO_LARGE);
    }

    @Test
    void shouldRefuseUnknownEnumValues() {
        final UnsafeBuffer buffer = new UnsafeBuffer(CommandSamples.getJob());
        final int durabilityOffset = MessageHeaderDecoder.ENCODED_LENGTH + 20;
        for (final int value : new int[] {2, 63, 64, 255}) {
            buffer.putByte(durabilityOffset, (byte) value);
            assertThat(check.judge(buffer, 0, buffer.capacity())).isEqualTo(RejectReason.MALFORMED_FRAME);
        }
    }

    /** What passes can be decoded to its end; what does not was refused without an exception. */
    @Test
    void shouldLetNothingPassThatADecoderTripsOver() {
        final long seed = 20_260_822L;
        final Random random = new Random(seed);
        final List<byte[]> samples = CommandSamples.all();
        int passed = 0;
        for (int round = 0; round < 60_000; round++) {
            final byte[] bytes = mutate(samples.get(random.nextInt(samples.size())), random);
            final UnsafeBuffer buffer = new UnsafeBuffer(bytes);
            if (check.judge(buffer, 0, bytes.length) == null) {
                passed++;
                decode(buffer, bytes.length);
            }
            check.correlationId(buffer, 0, bytes.length);
        }
        assertThat(passed).as("seed %d", seed).isGreaterThan(1_000);
    }

    private static byte[] mutate(byte[] sample, Random random) {
        final byte[] bytes =
                Arrays.copyOf(sample, random.nextInt(8) == 0 ? random.nextInt(sample.length + 20) : sample.length);
        for (int i = random.nextInt(4); i > 0 && bytes.length > 0; i--) {
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
        }
        return bytes;
    }

    private void decode(UnsafeBuffer buffer, int length) {
        final int decoded = switch (FrameCheck.templateId(buffer, 0)) {
            case HelloDecoder.TEMPLATE_ID ->
                new HelloDecoder().wrapAndApplyHeader(buffer, 0, header).sbeDecodedLength();
            case EnqueueDecoder.TEMPLATE_ID ->
                decodeEnqueue(new EnqueueDecoder().wrapAndApplyHeader(buffer, 0, header));
            case ReportOutcomeDecoder.TEMPLATE_ID ->
                decodeReport(new ReportOutcomeDecoder().wrapAndApplyHeader(buffer, 0, header));
            case HeartbeatDecoder.TEMPLATE_ID ->
                new HeartbeatDecoder().wrapAndApplyHeader(buffer, 0, header).sbeDecodedLength();
            case SubscribeDecoder.TEMPLATE_ID ->
                new SubscribeDecoder().wrapAndApplyHeader(buffer, 0, header).sbeDecodedLength();
            case GetJobDecoder.TEMPLATE_ID ->
                new GetJobDecoder().wrapAndApplyHeader(buffer, 0, header).sbeDecodedLength();
            default -> length - MessageHeaderDecoder.ENCODED_LENGTH;
        };
        assertThat(decoded).isEqualTo(length - MessageHeaderDecoder.ENCODED_LENGTH);
    }

    private static int decodeEnqueue(EnqueueDecoder command) {
        command.header().durability();
        for (final EnqueueDecoder.ItemsDecoder item : command.items()) {
            item.payloadEncoding();
            for (final EnqueueDecoder.ItemsDecoder.LimitsDecoder limit : item.limits()) {
                limit.key();
                limit.getDetails(new byte[limit.detailsLength()], 0, limit.detailsLength());
            }
            for (final EnqueueDecoder.ItemsDecoder.MetadataDecoder entry : item.metadata()) {
                entry.key();
                entry.value();
            }
            item.tenant();
            item.taskGroup();
            item.jobId();
            item.uniqueKey();
            item.getPayload(new byte[item.payloadLength()], 0, item.payloadLength());
        }
        return command.encodedLength();
    }

    private static int decodeReport(ReportOutcomeDecoder command) {
        command.header().durability();
        for (final ReportOutcomeDecoder.ItemsDecoder item : command.items()) {
            item.outcome();
            item.resultEncoding();
            item.errorCode();
            item.skipResult();
        }
        return command.encodedLength();
    }

    private RejectReason changed(UnsafeBuffer sample, int index, int value, int length) {
        final UnsafeBuffer copy = new UnsafeBuffer(sample.byteArray().clone());
        copy.putShort(index, (short) value, ByteOrder.LITTLE_ENDIAN);
        return check.judge(copy, 0, length);
    }

    private static Set<Integer> templatesOfSchema(String file) {
        final Set<Integer> ids = new HashSet<>();
        SchemaLayouts.read(file).layouts().forEachInt((id, layout) -> ids.add(id));
        return ids;
    }

    private static String nameInSchema(String file, int templateId) {
        final NodeList messages = SchemaLayouts.parse(file).getElementsByTagNameNS("*", "message");
        for (int i = 0; i < messages.getLength(); i++) {
            final Element message = (Element) messages.item(i);
            if (message.getAttribute("id").equals(Integer.toString(templateId))) {
                return message.getAttribute("name");
            }
        }
        throw new AssertionError("no message " + templateId);
    }
}
