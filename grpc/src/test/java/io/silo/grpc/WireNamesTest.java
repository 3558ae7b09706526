package io.silo.grpc;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.MethodDescriptor;
import io.silo.grpc.v1.SiloProto;
import io.silo.grpc.v2.SiloV2Proto;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** WIRE-1, WIRE-2: what clients were compiled against. A line of the list is never changed; new calls and fields add theirs. */
class WireNamesTest {
    @Test
    void shouldSpeakTheNamesAndNumbersThatClientsKnow() throws IOException {
        assertThat(SiloProto.getDescriptor().getPackage()).isEqualTo("silo.v1");
        assertThat(written(SiloProto.getDescriptor())).containsExactlyElementsOf(known("/silo-v1-names.txt"));
    }

    @Test
    void shouldSpeakTheNamesAndNumbersThatClientsOfBatchesKnow() throws IOException {
        assertThat(SiloV2Proto.getDescriptor().getPackage()).isEqualTo("silo.v2");
        assertThat(written(SiloV2Proto.getDescriptor())).containsExactlyElementsOf(known("/silo-v2-names.txt"));
    }

    private static List<String> known(String list) throws IOException {
        try (InputStream in = Objects.requireNonNull(WireNamesTest.class.getResourceAsStream(list))) {
            return new String(in.readAllBytes(), UTF_8)
                    .lines()
                    .filter(line -> !line.startsWith("#"))
                    .toList();
        }
    }

    private static List<String> written(FileDescriptor file) {
        List<String> lines = new ArrayList<>();
        for (MethodDescriptor call : file.findServiceByName("Silo").getMethods()) {
            lines.add("rpc " + call.getName() + ' '
                    + (call.isClientStreaming() ? "stream " : "")
                    + call.getInputType().getName() + ' '
                    + (call.isServerStreaming() ? "stream " : "")
                    + call.getOutputType().getName());
        }
        for (EnumDescriptor type : file.getEnumTypes()) {
            type.getValues()
                    .forEach(value ->
                            lines.add("enum " + type.getName() + ' ' + value.getNumber() + ' ' + value.getName()));
        }
        for (Descriptor message : file.getMessageTypes()) {
            lines.add("message " + message.getName());
            message.getFields().stream()
                    .sorted(Comparator.comparingInt(FieldDescriptor::getNumber))
                    .forEach(field -> lines.add(
                            "  " + field.getNumber() + ' ' + field.getName() + ' ' + type(field) + kind(field)));
        }
        return lines;
    }

    private static String type(FieldDescriptor field) {
        if (field.isMapField()) {
            return "map<string,string>";
        }
        return switch (field.getJavaType()) {
            case MESSAGE -> field.getMessageType().getName();
            case ENUM -> field.getEnumType().getName();
            default -> field.getType().name().toLowerCase(Locale.ROOT);
        };
    }

    private static String kind(FieldDescriptor field) {
        if (field.getRealContainingOneof() != null) {
            return " oneof:" + field.getRealContainingOneof().getName();
        }
        if (field.isMapField()) {
            return "";
        }
        return field.isRepeated() ? " repeated" : field.toProto().getProto3Optional() ? " optional" : "";
    }
}
