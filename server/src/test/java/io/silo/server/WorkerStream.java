package io.silo.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Channel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.silo.grpc.v1.Task;
import io.silo.grpc.v2.Outcome;
import io.silo.grpc.v2.SiloGrpc;
import io.silo.grpc.v2.StreamAnswer;
import io.silo.grpc.v2.StreamTasksRequest;
import io.silo.grpc.v2.StreamTasksResponse;
import io.silo.grpc.v2.Subscribe;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A worker's side of {@code StreamTasks}: keeps what comes until the test takes it. */
final class WorkerStream implements ClientResponseObserver<StreamTasksRequest, StreamTasksResponse> {
    private static final long ANSWER_S_MAX = 20;

    private final LinkedBlockingQueue<Task> tasks = new LinkedBlockingQueue<>();
    private final LinkedBlockingQueue<StreamAnswer> answers = new LinkedBlockingQueue<>();
    private final CompletableFuture<Status> ended = new CompletableFuture<>();
    private final boolean reads;
    private @Nullable ClientCallStreamObserver<StreamTasksRequest> requests;

    private WorkerStream(boolean reads) {
        this.reads = reads;
    }

    /** Opens a stream and says nothing. */
    static WorkerStream open(Channel channel) {
        return open(channel, true);
    }

    /** @param reads false = nothing is taken from the connection but what {@link #take} asks for. */
    static WorkerStream open(Channel channel, boolean reads) {
        final WorkerStream stream = new WorkerStream(reads);
        var unused = SiloGrpc.newStub(channel).streamTasks(stream);
        return stream;
    }

    /** Opens a stream, subscribes and gives credits. */
    static WorkerStream of(Channel channel, String worker, String group, int credits) {
        final WorkerStream stream = open(channel);
        stream.say(subscribing(worker, group).setCredits(credits));
        return stream;
    }

    static StreamTasksRequest.Builder subscribing(String worker, String group) {
        return StreamTasksRequest.newBuilder()
                .setSubscribe(Subscribe.newBuilder().setWorkerId(worker).setTaskGroup(group));
    }

    @Override
    public void beforeStart(ClientCallStreamObserver<StreamTasksRequest> stream) {
        requests = stream;
        if (!reads) {
            stream.disableAutoRequestWithInitial(0);
        }
    }

    private ClientCallStreamObserver<StreamTasksRequest> requests() {
        if (requests == null) {
            throw new AssertionError("the stream was not started");
        }
        return requests;
    }

    WorkerStream say(StreamTasksRequest.Builder message) {
        requests().onNext(message.build());
        return this;
    }

    void credits(int count) {
        say(StreamTasksRequest.newBuilder().setCredits(count));
    }

    /** Says that tasks succeeded. */
    StreamTasksRequest.Builder successes(List<Task> done) {
        final StreamTasksRequest.Builder message = StreamTasksRequest.newBuilder();
        done.forEach(task -> message.addOutcomes(success(task)));
        return message;
    }

    static Outcome.Builder success(Task task) {
        return Outcome.newBuilder()
                .setShard(task.getShard())
                .setTaskId(task.getId())
                .setSuccess(GrpcFixture.bytes("out"));
    }

    void take(int messages) {
        requests().request(messages);
    }

    Task task() throws InterruptedException {
        final Task task = tasks.poll(ANSWER_S_MAX, TimeUnit.SECONDS);
        assertThat(task).as("a task").isNotNull();
        return task;
    }

    List<Task> tasks(int count) throws InterruptedException {
        final List<Task> all = new ArrayList<>();
        while (all.size() < count) {
            all.add(task());
        }
        return all;
    }

    /** Null if none comes in so long. */
    @Nullable
    Task task(long ms) throws InterruptedException {
        return tasks.poll(ms, TimeUnit.MILLISECONDS);
    }

    StreamAnswer answer() throws InterruptedException {
        final StreamAnswer answer = answers.poll(ANSWER_S_MAX, TimeUnit.SECONDS);
        assertThat(answer).as("an answer").isNotNull();
        return answer;
    }

    void cancel() {
        requests().cancel("the test wants it so", null);
    }

    void halfClose() {
        requests().onCompleted();
    }

    /** How the server ended it. */
    Status end() throws Exception {
        return ended.get(ANSWER_S_MAX, TimeUnit.SECONDS);
    }

    @Override
    public void onNext(StreamTasksResponse response) {
        tasks.addAll(response.getTasksList());
        if (response.hasAnswer()) {
            answers.add(response.getAnswer());
        }
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
