package io.silo.simulation.model;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.zip.CRC32C;
import org.agrona.DirectBuffer;

/**
 * What a log must hold when a shard is opened again: of everything appended a dense first part, at least what was durable, and
 * after a mere kill all of it. Replayed naively it must give the state that the model had there.
 */
final class Recovery {
    /** Before anything was appended. */
    private static final long NULL_POSITION = -1;

    private final TreeMap<Long, Long> checksums = new TreeMap<>();
    private final List<ModelEvent> journal = new ArrayList<>();
    private ModelState base = new ModelState();

    /** Whether the model saw the log grow, so that it knows each record. */
    private boolean knowsLog;

    private long lastEpoch;
    private long appendedPosition = NULL_POSITION;

    /** Of the last record that anybody was told is durable. */
    private long durablePosition = NULL_POSITION;

    /** Of the last record that anybody was told of: no killed process may lose it. */
    private long toldPosition = NULL_POSITION;

    // The opening under way.
    private long firstPosition;
    private long replayedPosition;
    private boolean powerLost;
    private boolean diedAtWork;
    private final List<ModelEvent> openings = new ArrayList<>();
    private final TreeMap<Long, Long> openingChecksums = new TreeMap<>();
    private ModelState replayed = new ModelState();

    /** A record was appended. */
    void appended(List<ModelEvent> record, long checksum) {
        appendedPosition = record.get(0).place().position();
        checksums.put(appendedPosition, checksum);
        journal.addAll(record);
    }

    void durable(long position) {
        durablePosition = Math.max(durablePosition, position);
        told(position);
    }

    void told(long position) {
        toldPosition = Math.max(toldPosition, position);
    }

    /** Positions are dense: a record follows the last one, or the log's own record that closes a cycle. */
    static void checkNext(long lastPosition, long position) {
        Claim.check(
                position == lastPosition + 1 || position == lastPosition + 2,
                "a record lies at position %d, the one before at %d",
                position,
                lastPosition);
    }

    static long checksum(List<ShardTap.LoggedEvent> record) {
        final CRC32C crc = new CRC32C();
        for (ShardTap.LoggedEvent event : record) {
            final DirectBuffer bytes = event.bytes();
            final byte[] copy = new byte[bytes.capacity()];
            bytes.getBytes(0, copy);
            crc.update(copy);
        }
        return (crc.getValue() * 31 + record.get(0).timeMs()) * 31
                + record.get(0).epoch();
    }

    void opening(long logFirstPosition, boolean lostPower, boolean mayHoldUntold) {
        firstPosition = logFirstPosition;
        replayedPosition = logFirstPosition - 1;
        // An opening that was cut short may have been cut short by anything.
        powerLost = lostPower || powerLost && !openings.isEmpty();
        diedAtWork = mayHoldUntold || diedAtWork && !openings.isEmpty();
        openings.clear();
        openingChecksums.clear();
        replayed = new ModelState();
        replayed.lenient(logFirstPosition > 0);
    }

    void replayed(List<ModelEvent> record, long checksum) {
        final ModelEvent.Place place = record.get(0).place();
        checkNext(replayedPosition, place.position());
        Claim.check(
                !knowsLog
                        || checksums
                                .subMap(replayedPosition, false, place.position(), false)
                                .isEmpty(),
                "the log has a hole between %d and %d",
                replayedPosition,
                place.position());
        replayedPosition = place.position();
        if (knowsLog && Long.compareUnsigned(place.epoch(), lastEpoch) > 0) {
            Claim.check(
                    record.size() == 1
                            && record.get(0) instanceof ModelEvent.Opened opened
                            && opened.epoch() == place.epoch(),
                    "a new epoch begins with something else than ShardOpened: %s",
                    record);
            openings.addAll(record);
            openingChecksums.put(place.position(), checksum);
        } else if (knowsLog && diedAtWork && place.position() > appendedPosition && openings.isEmpty()) {
            appended(record, checksum);
        } else if (knowsLog) {
            final Long known = checksums.get(place.position());
            Claim.check(openings.isEmpty(), "epoch fell: %s", place);
            Claim.check(known != null && known == checksum, "the log holds a record that was not appended: %s", record);
        } else {
            checksums.put(place.position(), checksum);
        }
        for (ModelEvent event : record) {
            if (event instanceof ModelEvent.CarriedThrough carried && carried.firstPosition() == firstPosition) {
                replayed.lenient(false);
            }
            replayed.apply(event);
        }
        if (!knowsLog) {
            lastEpoch = place.epoch();
        }
    }

    /** The shard is open. Returns the state to go on with. */
    ModelState finish() {
        Claim.check(!replayed.isLenient(), "the log begins at %d and no CarriedThrough says so", firstPosition);
        if (knowsLog) {
            Claim.check(!openings.isEmpty(), "the shard answers calls, but its log does not say that it was opened");
            final long survived = openings.get(0).place().position() - 1;
            final long mustSurvive = powerLost ? durablePosition : toldPosition;
            Claim.check(
                    survived >= mustSurvive,
                    "the log ends at position %d; %d was %s",
                    survived,
                    mustSurvive,
                    powerLost ? "durable" : "acknowledged");
            checksums.tailMap(survived, false).clear();
            compare(survived);
            lastEpoch = openings.get(openings.size() - 1).place().epoch();
        }
        checksums.putAll(openingChecksums);
        checksums.headMap(firstPosition, false).clear();
        base = replayed.copy();
        journal.clear();
        openings.clear();
        knowsLog = true;
        powerLost = false;
        diedAtWork = false;
        appendedPosition = replayedPosition;
        durablePosition = replayedPosition;
        toldPosition = replayedPosition;
        return replayed;
    }

    /** The log's state against the model's behind the last record that survived. */
    private void compare(long survived) {
        final ModelState expected = base.copy();
        for (ModelEvent event : journal) {
            if (event.place().position() <= survived) {
                expected.apply(event);
            }
        }
        openings.forEach(expected::apply);
        expected.checkRebuilt(replayed);
    }

    long lastEpoch() {
        return lastEpoch;
    }

    long lastPosition() {
        return appendedPosition;
    }
}
