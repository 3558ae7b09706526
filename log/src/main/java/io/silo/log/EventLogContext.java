package io.silo.log;

/** Settings of an {@link EventLog}. Filled once, then only read. */
public final class EventLogContext {}
