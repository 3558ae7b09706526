package io.silo.log.chronicle;

import io.silo.log.CycleStore;
import io.silo.log.CycleStoreContract;
import io.silo.log.EventLogContext;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

/** The contract of the store on Chronicle. */
class ChronicleCycleStoreTest extends CycleStoreContract {
    @TempDir
    private Path directory;

    @Override
    protected CycleStore openStore(EventLogContext context) {
        return ChronicleCycleStore.open(directory.resolve("shard"), context);
    }
}
