package io.silo.gateway;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.silo.client.SiloClient;
import io.silo.grpc.v2.EnqueueBatchRequest;
import io.silo.grpc.v2.EnqueueBatchResponse;
import io.silo.grpc.v2.FollowEventsRequest;
import io.silo.grpc.v2.FollowEventsResponse;
import io.silo.grpc.v2.HeartbeatsRequest;
import io.silo.grpc.v2.HeartbeatsResponse;
import io.silo.grpc.v2.LeaseTasksRequest;
import io.silo.grpc.v2.LeaseTasksResponse;
import io.silo.grpc.v2.ReportOutcomesRequest;
import io.silo.grpc.v2.ReportOutcomesResponse;
import io.silo.grpc.v2.SiloGrpc;
import io.silo.grpc.v2.StreamTasksRequest;
import io.silo.grpc.v2.StreamTasksResponse;

/** The calls of {@code silo.v2}. Called by the gateway's threads; answers come from the client's. */
final class SiloV2Service extends SiloGrpc.SiloImplBase {
    private final ShardAddresses addresses;
    /** Streams and calls that wait. Each has a subscription on every shard thread, which has 16,384 of them for all clients. */
    private static final int CALLS_MAX = 2_048;

    private final OpenCalls open = new OpenCalls(CALLS_MAX, "too many streams and waiting calls (max 2,048)");
    private final BatchCalls batches;
    private final TaskPolls polls;
    private final FollowCalls follows;

    SiloV2Service(ShardAddresses addresses) {
        this.addresses = addresses;
        this.batches = new BatchCalls(addresses);
        this.polls = new TaskPolls(addresses, open);
        this.follows = new FollowCalls(addresses);
    }

    @Override
    public void enqueueBatch(EnqueueBatchRequest request, StreamObserver<EnqueueBatchResponse> observer) {
        Answers.answer(observer, () -> batches.enqueue(client(), request));
    }

    @Override
    public void leaseTasks(LeaseTasksRequest request, StreamObserver<LeaseTasksResponse> observer) {
        polls.leaseTasks(client(), request, (ServerCallStreamObserver<LeaseTasksResponse>) observer);
    }

    @Override
    public void reportOutcomes(ReportOutcomesRequest request, StreamObserver<ReportOutcomesResponse> observer) {
        Answers.answer(observer, () -> {
            BatchCalls.checkCount("outcomes", request.getOutcomesCount());
            return batches.report(client(), request.getOutcomesList())
                    .thenApply(results -> ReportOutcomesResponse.newBuilder()
                            .addAllResults(results)
                            .build());
        });
    }

    @Override
    public void heartbeats(HeartbeatsRequest request, StreamObserver<HeartbeatsResponse> observer) {
        Answers.answer(observer, () -> {
            if (request.getWorkerId().isEmpty()) {
                throw Refusals.invalid("worker_id is required");
            }
            BatchCalls.checkCount("leases", request.getLeasesCount());
            return batches.renew(client(), request.getWorkerId(), request.getLeasesList())
                    .thenApply(results -> HeartbeatsResponse.newBuilder()
                            .addAllResults(results)
                            .build());
        });
    }

    @Override
    public StreamObserver<StreamTasksRequest> streamTasks(StreamObserver<StreamTasksResponse> observer) {
        final TaskStream stream = new TaskStream(
                client(), addresses, batches, open, (ServerCallStreamObserver<StreamTasksResponse>) observer);
        stream.start();
        return stream;
    }

    @Override
    public void followEvents(FollowEventsRequest request, StreamObserver<FollowEventsResponse> observer) {
        follows.follow(client(), request, (ServerCallStreamObserver<FollowEventsResponse>) observer);
    }

    /** Ends what waits, so that a stop need not. */
    void stopWaiting() {
        open.stop();
        follows.stop();
    }

    private static SiloClient client() {
        return TokenCheck.CLIENT.get();
    }
}
