package io.silo.shard;

import static io.silo.protocol.RejectReason.BUSY;
import static io.silo.protocol.RejectReason.OK;
import static io.silo.protocol.RejectReason.UPLOAD_NOT_FOUND;
import static org.assertj.core.api.Assertions.assertThat;

import io.silo.shard.TestClient.Item;
import io.silo.shard.command.Uploads;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A session's own bound on uploads: what gives its places back, and that others have theirs. */
class UploadBoundTest {
    private final ShardHarness harness = new ShardHarness(1);
    private final TestClient greedy = new TestClient(harness, 1);
    private final TestClient other = new TestClient(harness, 2);

    @BeforeEach
    void fill() {
        for (int id = 1; id <= Uploads.UPLOADS_PER_SESSION_MAX; id++) {
            assertThat(greedy.uploadPart(id, 2, 0, new byte[2], 2)).isEqualTo(OK);
        }
        assertThat(begin(greedy, 1_000)).isEqualTo(BUSY.code());
    }

    private static int begin(TestClient client, long id) {
        return client.uploadPart(id, 2, 0, new byte[1], 1);
    }

    @Test
    void shouldLeaveRoomForOtherSessions() {
        assertThat(begin(other, 2_000)).isEqualTo(OK);
        assertThat(harness.malformed).isEmpty();
    }

    @Test
    void shouldHaveRoomOnceAnUploadIsTakenUp() {
        Item item = new Item("a");
        item.uploadId = 7;
        item.payload = new byte[0];
        assertThat(greedy.enqueue(item)).containsExactly(OK);
        assertThat(begin(greedy, 1_000)).isEqualTo(OK);
        assertThat(begin(greedy, 1_001)).isEqualTo(BUSY.code());
    }

    @Test
    void shouldHaveAllRoomAgainAfterTheSession() {
        harness.agent.onSessionClosed(greedy.session, false);
        for (int id = 1; id <= Uploads.UPLOADS_PER_SESSION_MAX; id++) {
            assertThat(begin(greedy, 1_000 + id)).isEqualTo(OK);
        }
        assertThat(begin(greedy, 1)).isEqualTo(BUSY.code());
    }

    @Test
    void shouldGiveUpWhatNobodyWentOnWithWhenItsRoomIsNeeded() {
        assertThat(begin(other, 2_000)).isEqualTo(OK);
        harness.advance(60_000);
        assertThat(begin(greedy, 1_000)).isEqualTo(BUSY.code());
        harness.advance(1);
        assertThat(begin(greedy, 1_000)).isEqualTo(OK);
        Item item = new Item("a");
        item.uploadId = 7;
        item.payload = new byte[0];
        assertThat(greedy.enqueue(item)).containsExactly(UPLOAD_NOT_FOUND.code());
        // Not the other session's, which needs no room.
        assertThat(other.uploadPart(2_000, 2, 1, new byte[2], 1)).isEqualTo(OK);
    }
}
