package io.silo.simulation.world;

import java.util.Locale;

/** What can go wrong in a run. A seed switches some of those on that its scenario allows. */
public enum Fault {
    /** A message never arrives. */
    MESSAGE_LOSS,
    /** A message arrives twice. */
    DUPLICATION,
    /** A message overtakes others of its connection. */
    REORDERING,
    /** Nothing of one client arrives, in one direction or both, for a while. */
    PARTITION,
    /** A client does not take its replies for a while. */
    SLOW_CLIENT,
    /** A client forgets all it knew and comes back under the same name. */
    CLIENT_CRASH,
    /** A connection ends and both sides learn of it. */
    CONNECTION_LOSS,
    /** The broker's process dies between two duty cycles. */
    PROCESS_KILL,
    /** The broker's process dies at a named site of the log, in the middle of its work. */
    SITE_CRASH,
    /** The machine loses power: unsynced sectors are old or new, entries of directories there or not. */
    POWER_LOSS,
    /** The broker is stopped in good order and started again. */
    RESTART,
    /** The broker's process stands still for a while. */
    PAUSE,
    /** A sync fails; the shard must close. */
    FAILING_SYNC,
    /** A sync takes up to seconds. */
    SLOW_SYNC,
    /** The disk has no room for a while. */
    DISK_FULL,
    /** The wall clock jumps, either way, by up to years. */
    CLOCK_JUMP;

    /** Name on the command line and in reports, as in {@code message-loss}. */
    public String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
