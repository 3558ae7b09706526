package io.silo.log.chronicle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A real file system that runs full under the log: the writer is refused in good time, never faulted, goes on reading, syncs and closes,
 * and after the process has gone everything is there. In a mount namespace of its own, which needs root.
 */
@Timeout(120)
class DiskFullIT {
    @TempDir
    private Path directory;

    @Test
    void shouldRefuseAppendsOnAFullTmpfs() throws IOException, InterruptedException {
        checkFull("mount -t tmpfs -o size=64m tmpfs \"$0\"");
    }

    @Test
    void shouldRefuseAppendsOnAFullExt4() throws IOException, InterruptedException {
        checkFull("truncate -s 96m \"$0.img\" && mkfs.ext4 -q -F \"$0.img\" && mount -o loop \"$0.img\" \"$0\"");
    }

    private void checkFull(String mount) throws IOException, InterruptedException {
        assumeTrue(canMount(mount), "needs root, unshare and mount");
        String append = quote(
                AppendingProcess.command(directory.resolve("shard").toString(), "8000000", "20000", "until-full"));
        List<String> output = run(mount + " && " + append + " && " + append + "; umount \"$0\"");
        assertThat(output.stream().filter(line -> !line.startsWith("durable")).toList())
                .filteredOn(line -> !line.startsWith("SLF4J"))
                .hasSize(6)
                .filteredOn(line -> line.startsWith("started"))
                .hasSize(2);
        assertThat(output).filteredOn(line -> line.equals("closed")).hasSize(2);
        assertThat(output).contains("full FLOOR").noneMatch(line -> line.contains("Error"));
        long durable = lastNumber(output, "durable ");
        long reopened = Long.parseLong(output.stream()
                .filter(line -> line.startsWith("started 2 "))
                .findFirst()
                .orElseThrow()
                .substring("started 2 ".length()));
        assertThat(reopened).isGreaterThan(1_000).isLessThanOrEqualTo(durable);
    }

    private boolean canMount(String mount) throws IOException, InterruptedException {
        Path unshare = Path.of("/usr/bin/unshare");
        if (!java.nio.file.Files.isExecutable(unshare)) {
            return false;
        }
        return run(mount + " && echo mounted; umount \"$0\"").contains("mounted");
    }

    private List<String> run(String script) throws IOException, InterruptedException {
        Process process = new ProcessBuilder("unshare", "-m", "sh", "-c", script, directory.toString())
                .redirectErrorStream(true)
                .start();
        var lines = new ArrayList<String>();
        try (var reader = process.inputReader(StandardCharsets.UTF_8)) {
            reader.lines().forEach(lines::add);
        } finally {
            process.destroyForcibly();
            assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
        }
        return lines;
    }

    private static String quote(List<String> command) {
        return "'" + String.join("' '", command) + "'";
    }

    private static long lastNumber(List<String> output, String prefix) {
        return output.stream()
                .filter(line -> line.startsWith(prefix))
                .mapToLong(line -> Long.parseLong(line.substring(prefix.length())))
                .reduce((first, second) -> second)
                .orElseThrow();
    }
}
