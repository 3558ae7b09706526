package io.silo.log.chronicle;

import io.silo.log.CycleStore;
import io.silo.log.EventLogContext;
import io.silo.log.EventLogContract;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

/** The contract of the log on Chronicle. */
class ChronicleEventLogTest extends EventLogContract {
    @TempDir
    private Path directory;

    @Override
    protected CycleStore openStore(EventLogContext context) {
        return ChronicleCycleStore.open(directory.resolve("shard"), context);
    }
}
