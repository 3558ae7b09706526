package io.silo.simulation.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.silo.protocol.RejectReason;
import io.silo.protocol.Session;
import io.silo.protocol.reply.ErrorReplyDecoder;
import io.silo.protocol.reply.TasksLeasedDecoder;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

/** Which of two copies of a command a reply is taken for. */
class RepliesTest {
    private static final long CORRELATION = 7;

    private final Session session = new Session(1, null);
    private final Replies replies = new Replies();

    private Expected expect() {
        var expected = new Expected(
                session, new ModelCommand.Header(0, CORRELATION, 1, 0, 0), new ModelCommand.GetTenant("acme"));
        replies.expect(expected);
        return expected;
    }

    private ModelReply answer(long position) {
        return reply(TasksLeasedDecoder.TEMPLATE_ID, position, RejectReason.OK);
    }

    private ModelReply reply(int templateId, long position, int code) {
        return new ModelReply(
                session, templateId, CORRELATION, position, 1, code, true, position, new UnsafeBuffer(new byte[0]));
    }

    @Test
    void shouldTakeTheCopyThatTheAnswerSpeaksOf() {
        Expected waits = expect().late().answered(reply -> {});
        Expected granted = expect().answered(reply -> {});
        granted.speaksOf(40);

        assertThat(replies.take(answer(40))).isSameAs(granted);
        assertThat(replies.take(answer(41))).isSameAs(waits);
        assertThat(replies.take(answer(42))).isNull();
    }

    @Test
    void shouldTakeTheOlderCopyWhenTheAnswerSpeaksOfNeither() {
        Expected first = expect().answered(reply -> {});
        Expected second = expect().answered(reply -> {});
        first.speaksOf(30);
        second.speaksOf(40);

        assertThat(replies.take(answer(41))).isSameAs(first);
        assertThat(replies.isOwed(second)).isTrue();
    }

    @Test
    void shouldTakeARefusalForTheCopyThatMayBeRefused() {
        Expected answered = expect().answered(reply -> {});
        answered.nothingAppended = false;
        answered.speaksOf(40);
        Expected refused = expect().refused(RejectReason.JOB_EXISTS);

        assertThat(replies.take(reply(ErrorReplyDecoder.TEMPLATE_ID, 40, RejectReason.JOB_EXISTS.code())))
                .isSameAs(refused);
        assertThat(replies.isOwed(answered)).isTrue();
    }

    @Test
    void shouldTakeTheOldestCopyWhenTheReplyFitsNone() {
        Expected first = expect().refused(RejectReason.JOB_EXISTS);
        Expected second = expect().refused(RejectReason.JOB_EXISTS);
        second.speaksOf(40);

        assertThat(replies.take(answer(40))).isSameAs(first);
        assertThat(replies.isOwed(second)).isTrue();
    }
}
