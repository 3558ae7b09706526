package io.silo.gateway;

import io.silo.grpc.pprof.Function;
import io.silo.grpc.pprof.Line;
import io.silo.grpc.pprof.Location;
import io.silo.grpc.pprof.Profile;
import io.silo.grpc.pprof.Sample;
import io.silo.grpc.pprof.ValueType;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import jdk.jfr.consumer.RecordedFrame;
import jdk.jfr.consumer.RecordedMethod;

/** Makes a profile in pprof's format of stacks that the JVM recorded. One thread. */
final class PprofBuilder {
    private record Frame(long function, int line) {}

    private final Profile.Builder profile = Profile.newBuilder();
    private final Map<String, Long> texts = new HashMap<>();
    private final Map<String, Long> functions = new HashMap<>();
    private final Map<Frame, Long> locations = new HashMap<>();
    private long samples;

    /**
     * @param type what a value counts, and {@code unit} of what.
     * @param period between two samples, in that unit; 0 = they have none.
     */
    PprofBuilder(String type, String unit, long period) {
        text("");
        final ValueType values =
                ValueType.newBuilder().setType(text(type)).setUnit(text(unit)).build();
        profile.addSampleType(values).setPeriodType(values).setPeriod(period);
    }

    long samples() {
        return samples;
    }

    /** Adds a stack, leaf first. */
    void add(List<RecordedFrame> stack, long value) {
        final Sample.Builder sample = Sample.newBuilder().addValue(value);
        for (final RecordedFrame frame : stack) {
            sample.addLocationId(location(frame));
        }
        profile.addSample(sample);
        samples++;
    }

    private long location(RecordedFrame frame) {
        final Frame key = new Frame(function(frame.getMethod()), frame.getLineNumber());
        return locations.computeIfAbsent(key, added -> {
            final long id = locations.size() + 1L;
            profile.addLocation(Location.newBuilder()
                    .setId(id)
                    .addLine(Line.newBuilder().setFunctionId(added.function).setLine(Math.max(0, added.line))));
            return id;
        });
    }

    private long function(RecordedMethod method) {
        final String name = method.getType().getName() + '.' + method.getName();
        final Long known = functions.get(name);
        if (known != null) {
            return known;
        }
        final long id = functions.size() + 1L;
        functions.put(name, id);
        profile.addFunction(Function.newBuilder()
                .setId(id)
                .setName(text(name))
                .setSystemName(text(name + method.getDescriptor()))
                .setFilename(text(method.getType().getName().replace('.', '/'))));
        return id;
    }

    private long text(String text) {
        final Long known = texts.get(text);
        if (known != null) {
            return known;
        }
        final long index = texts.size();
        texts.put(text, index);
        profile.addStringTable(text);
        return index;
    }

    /** The profile as pprof's tools read it: compressed. */
    byte[] build(Instant startedAt, Duration length) {
        profile.setTimeNanos(startedAt.getEpochSecond() * 1_000_000_000L + startedAt.getNano())
                .setDurationNanos(length.toNanos());
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream compressed = new GZIPOutputStream(bytes)) {
            profile.build().writeTo(compressed);
        } catch (IOException impossible) { // it goes to memory
            throw new UncheckedIOException(impossible);
        }
        return bytes.toByteArray();
    }
}
