package io.silo.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Channel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.silo.grpc.v2.FollowEventsRequest;
import io.silo.grpc.v2.FollowEventsResponse;
import io.silo.grpc.v2.JobEvent;
import io.silo.grpc.v2.SiloGrpc;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** A follower's side of {@code FollowEvents}: keeps what comes until the test takes it. */
final class EventStream implements ClientResponseObserver<FollowEventsRequest, FollowEventsResponse> {
    private static final long ANSWER_S_MAX = 40;

    private final LinkedBlockingQueue<FollowEventsResponse> responses = new LinkedBlockingQueue<>();
    private final CompletableFuture<Status> ended = new CompletableFuture<>();
    private final boolean reads;
    private @Nullable ClientCallStreamObserver<FollowEventsRequest> call;

    private EventStream(boolean reads) {
        this.reads = reads;
    }

    static EventStream open(Channel channel, FollowEventsRequest.Builder request) {
        return open(channel, request, true);
    }

    /** @param reads false = nothing is taken from the connection but what {@link #take} asks for. */
    static EventStream open(Channel channel, FollowEventsRequest.Builder request, boolean reads) {
        final EventStream stream = new EventStream(reads);
        SiloGrpc.newStub(channel).followEvents(request.build(), stream);
        return stream;
    }

    @Override
    public void beforeStart(ClientCallStreamObserver<FollowEventsRequest> started) {
        call = started;
        if (!reads) {
            started.disableAutoRequestWithInitial(0);
        }
    }

    private ClientCallStreamObserver<FollowEventsRequest> call() {
        if (call == null) {
            throw new AssertionError("the call was not started");
        }
        return call;
    }

    void take(int messages) {
        call().request(messages);
    }

    void cancel() {
        call().cancel("the test wants it so", null);
    }

    FollowEventsResponse next() throws InterruptedException {
        final FollowEventsResponse response = responses.poll(ANSWER_S_MAX, TimeUnit.SECONDS);
        assertThat(response)
                .as("a message of a call that has ended with " + ended.getNow(null))
                .isNotNull();
        return response;
    }

    /** Null if none comes in so long. */
    @Nullable
    FollowEventsResponse next(long ms) throws InterruptedException {
        return responses.poll(ms, TimeUnit.MILLISECONDS);
    }

    /** All messages up to the first that is so. */
    List<FollowEventsResponse> until(Predicate<FollowEventsResponse> last) throws InterruptedException {
        final List<FollowEventsResponse> all = new ArrayList<>();
        do {
            all.add(next());
        } while (!last.test(all.get(all.size() - 1)));
        return all;
    }

    /** So many events, and those that came with the last. */
    List<JobEvent> events(int count) throws InterruptedException {
        final List<JobEvent> events = new ArrayList<>();
        while (events.size() < count) {
            events.addAll(next().getEventsList());
        }
        return events;
    }

    /** All that is there until it has caught up. */
    List<JobEvent> caughtUp() throws InterruptedException {
        return events(until(FollowEventsResponse::getCaughtUp));
    }

    static List<JobEvent> events(List<FollowEventsResponse> messages) {
        final List<JobEvent> events = new ArrayList<>();
        messages.forEach(message -> events.addAll(message.getEventsList()));
        return events;
    }

    /** How the server ended it. */
    Status end() throws Exception {
        return ended.get(ANSWER_S_MAX, TimeUnit.SECONDS);
    }

    @Override
    public void onNext(FollowEventsResponse response) {
        responses.add(response);
    }

    @Override
    public void onError(Throwable failed) {
        ended.complete(((StatusRuntimeException) failed).getStatus());
    }

    @Override
    public void onCompleted() {
        ended.complete(Status.OK);
    }
}
