package io.silo.tools;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** A file of numbers, objects of numbers in it too, that each run of a command adds to. */
final class TotalsFile {
    private static final ObjectMapper JSON = new ObjectMapper();

    private TotalsFile() {}

    /** Adds each number to the one of the same name. */
    static void add(Path file, ObjectNode run) {
        try {
            final ObjectNode sum = Files.exists(file) ? read(file) : Output.object();
            add(sum, run);
            Files.writeString(file, Output.pretty(sum) + "\n", StandardCharsets.UTF_8);
        } catch (IOException failed) {
            throw new CommandFailure(
                    ExitCode.REFUSED,
                    "TOTALS",
                    "The totals in " + file + " cannot be added to: " + failed.getMessage(),
                    "");
        }
    }

    private static ObjectNode read(Path file) throws IOException {
        final JsonNode node = JSON.readTree(file.toFile());
        if (node instanceof ObjectNode object) {
            return object;
        }
        throw new IOException("it is no JSON object");
    }

    private static void add(ObjectNode sum, ObjectNode more) {
        more.properties().forEach(field -> {
            if (field.getValue() instanceof ObjectNode nested) {
                add(sum.withObject("/" + field.getKey()), nested);
            } else {
                sum.put(
                        field.getKey(),
                        sum.path(field.getKey()).asLong() + field.getValue().asLong());
            }
        });
    }
}
