package io.silo.shard.command;

import io.silo.log.EventLog;
import io.silo.protocol.Bounds;
import io.silo.protocol.RejectReason;
import io.silo.protocol.command.MessageHeaderDecoder;
import io.silo.protocol.command.UploadChunkDecoder;
import io.silo.protocol.event.MessageHeaderEncoder;
import io.silo.protocol.event.PayloadChunkEncoder;
import io.silo.protocol.reply.UploadReplyEncoder;
import io.silo.shard.event.RecordBuffer;
import java.nio.ByteBuffer;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/** UploadChunk: one part of a large payload or result goes to the log ahead of the command that will name the upload. */
final class UploadChunkDecider implements CommandDecider {
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final UploadChunkDecoder command = new UploadChunkDecoder();
    private final MessageHeaderEncoder eventHeader = new MessageHeaderEncoder();
    private final PayloadChunkEncoder event = new PayloadChunkEncoder();
    private final UploadReplyEncoder reply = new UploadReplyEncoder();
    private final byte[] part = new byte[Bounds.CHUNK_BYTES_MAX];

    @Override
    public void decide(CommandContext context, DirectBuffer buffer, int offset, int length) {
        command.wrapAndApplyHeader(buffer, offset, header);
        final RejectReason full = context.refusalOfNewWork();
        if (full != null) {
            context.reject(full);
            return;
        }
        final int partLength = command.chunkLength();
        if (command.totalBytes() > context.settings().payloadBytesMax()) {
            context.reject(RejectReason.PAYLOAD_TOO_LARGE);
            return;
        }
        if (command.uploadId() == 0
                || partLength == 0
                || partLength > Bounds.CHUNK_BYTES_MAX
                || command.chunkOffset() + partLength > command.totalBytes()) {
            context.reject(RejectReason.INVALID_UPLOAD);
            return;
        }
        final long sessionId = context.session().id();
        Uploads.@Nullable Upload upload = context.uploads().find(sessionId, command.uploadId());
        if (upload == null && command.chunkOffset() == 0) {
            upload = context.uploads()
                    .begin(sessionId, command.uploadId(), (int) command.totalBytes(), context.monotonicMs());
            if (upload == null) {
                context.reject(RejectReason.BUSY);
                return;
            }
        }
        if (upload == null) {
            context.reject(RejectReason.UPLOAD_NOT_FOUND);
            return;
        }
        if (command.chunkOffset() != upload.receivedBytes || command.totalBytes() != upload.totalBytes) {
            context.reject(RejectReason.INVALID_UPLOAD);
            return;
        }
        command.getChunk(part, 0, partLength);
        write(context.record(), upload, partLength);
        upload.received(
                ByteBuffer.wrap(part, 0, partLength), context.record().place().position(), context.monotonicMs());
        reply.wrapAndApplyHeader(context.reply(), 0, context.replyMessageHeader())
                .uploadId(upload.uploadId)
                .receivedBytes(upload.receivedBytes);
        context.replied(reply.limit());
    }

    private void write(RecordBuffer record, Uploads.Upload upload, int partLength) {
        event.wrapAndApplyHeader(record.buffer(), record.offset(), eventHeader)
                .uploadId(upload.uploadId)
                .previousPosition(upload.lastPosition == EventLog.NULL_POSITION ? -1 : upload.lastPosition)
                .totalBytes(upload.totalBytes)
                .chunkOffset(upload.receivedBytes)
                .putChunk(part, 0, partLength);
        record.commit(event.limit());
    }
}
