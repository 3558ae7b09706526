package io.silo.shard.command;

import io.silo.protocol.Session;
import org.agrona.DirectBuffer;

/** Calls that are answered later. Bounded; volatile: a call whose session ends is forgotten. Shard thread only. */
public interface WaitingCalls {
    /**
     * Keeps a LeaseTasks call until a task is ready or its time is over.
     *
     * @param buffer holds the whole command, which is copied.
     * @return false at the bound.
     */
    boolean awaitTasks(Session session, long deadlineMs, DirectBuffer buffer, int offset, int length);

    /**
     * Keeps a GetJobResult call until the job ends or its time is over.
     *
     * @return false at the bound.
     */
    boolean awaitResult(Session session, int slot, long deadlineMs, DirectBuffer buffer, int offset, int length);

    /**
     * Keeps a LeaseRefreshes call until something is offered to the task group or its time is over.
     *
     * @param taskGroup name.
     * @return false at the bound.
     */
    boolean awaitRefresh(
            Session session, DirectBuffer taskGroup, long deadlineMs, DirectBuffer buffer, int offset, int length);

    /**
     * Who may get a task of this group and tenant. Looks at every subscriber of the group.
     *
     * @param taskGroup name.
     * @param tenant name.
     */
    Demand demand(DirectBuffer taskGroup, DirectBuffer tenant);
}
