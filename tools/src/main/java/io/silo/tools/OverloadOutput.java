package io.silo.tools;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.silo.bench.load.LoadSettings;
import io.silo.bench.load.OverloadResult;
import io.silo.bench.load.OverloadSettings;
import java.io.PrintWriter;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What {@code load --overload} prints. */
final class OverloadOutput {
    private final LoadSettings settings;
    private final OverloadSettings overload;
    private final double peakBefore;
    private final double peakAfter;
    private final OverloadResult result;
    private final @Nullable ResidentMemory memory;

    OverloadOutput(
            LoadSettings settings,
            OverloadSettings overload,
            double peakBefore,
            double peakAfter,
            OverloadResult result,
            @Nullable ResidentMemory memory) {
        this.settings = settings;
        this.overload = overload;
        this.peakBefore = peakBefore;
        this.peakAfter = peakAfter;
        this.result = result;
        this.memory = memory;
    }

    private double peak() {
        return (peakBefore + peakAfter) / 2;
    }

    private double share() {
        return result.perSecond(result.lifecycles()) / peak();
    }

    ObjectNode json() {
        final ObjectNode node = Output.object();
        node.put("peak_lifecycles_per_second", peak());
        node.put("peak_before", peakBefore);
        node.put("peak_after", peakAfter);
        node.put("lifecycles_per_second", result.perSecond(result.lifecycles()));
        node.put("share_of_peak", share());
        node.put("overload", overload.factor());
        node.put("producers", overload.producers());
        node.put("durability", settings.durability().name().toLowerCase(Locale.ROOT));
        node.put("window", settings.window());
        node.put("payload_bytes", settings.payloadBytes());
        node.put("tenants", settings.tenants());
        node.put("elapsed_ms", result.elapsedNs() / 1_000_000);
        node.put("offered_per_second", result.perSecond(result.offered()));
        node.put("enqueued_per_second", result.perSecond(result.enqueued()));
        node.put("refused_per_second", result.perSecond(result.refused()));
        node.put("held_back_per_second", result.perSecond(result.heldBack()));
        LoadCommand.latency(node.putObject("ack_us"), result.ackUs());
        LoadCommand.latency(node.putObject("refusal_us"), result.refusalUs());
        LoadCommand.latency(node.putObject("retry_after_ms"), result.retryAfterMs());
        if (memory != null) {
            node.putObject("server_memory_bytes")
                    .put("before", memory.firstBytes())
                    .put("max", memory.maxBytes());
        }
        return node;
    }

    void text(PrintWriter out) {
        out.println(String.format(
                Locale.ROOT,
                "%.2f of the peak: %,.0f lifecycles/s; peak %,.0f before, %,.0f after  (%s, at %.1f times the peak's rate for %.1f s)",
                share(),
                result.perSecond(result.lifecycles()),
                peakBefore,
                peakAfter,
                settings.durability().name().toLowerCase(Locale.ROOT),
                overload.factor(),
                result.elapsedNs() / 1e9));
        out.println(String.format(
                Locale.ROOT,
                "  offered %,.0f/s by %,d producers of a window of %,d: enqueued %,.0f/s, refused %,.0f/s, held back by full"
                        + " windows %,.0f/s",
                result.perSecond(result.offered()),
                overload.producers(),
                settings.window(),
                result.perSecond(result.enqueued()),
                result.perSecond(result.refused()),
                result.perSecond(result.heldBack())));
        out.println("  acknowledgement  " + LoadCommand.shown(result.ackUs()));
        if (result.refused() > 0) {
            out.println("  refusal          " + LoadCommand.shown(result.refusalUs()));
            out.println(String.format(
                    Locale.ROOT,
                    "  told to return   p50 %,.0f ms  p99 %,.0f ms later",
                    result.retryAfterMs().p50(),
                    result.retryAfterMs().p99()));
        }
        if (memory != null && memory.maxBytes() > 0) {
            out.println(String.format(
                    Locale.ROOT,
                    "  server's memory  %,d MiB before, %,d MiB at most (heap and buffers, without files)",
                    memory.firstBytes() >> 20,
                    memory.maxBytes() >> 20));
        }
    }
}
