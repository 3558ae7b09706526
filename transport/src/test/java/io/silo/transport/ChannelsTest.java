package io.silo.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.aeron.ChannelUri;
import org.junit.jupiter.api.Test;

class ChannelsTest {
    @Test
    void shouldLetNoAddressReachIntoTheChannel() {
        for (final String address : new String[] {
            "host", "host:", ":1", "a b:1", "127.0.0.1:1|mtu=64k", "127.0.0.1:1?x=y", "127.0.0.1:123456"
        }) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> Channels.udpIngress(address))
                    .withMessageContaining(address);
        }
        assertThat(ChannelUri.parse(Channels.udpRequest("[::1]:7451", 5)).get("endpoint"))
                .isEqualTo("[::1]:7451");
    }

    @Test
    void shouldFitALongestMessageIntoItsTerms() {
        final ChannelUri channel = ChannelUri.parse(Channels.ipcResponse(7));
        assertThat(channel.get("response-correlation-id")).isEqualTo("7");
        assertThat(Integer.parseInt(channel.get("term-length")) / 8)
                .isGreaterThanOrEqualTo(io.silo.protocol.Bounds.MESSAGE_BYTES_MAX);
    }

    @Test
    void shouldKeepIngressAndResponseStreamsApart() {
        final int last = Channels.ingressStream(Channels.BASE_STREAM, Channels.RESPONSE_STREAM_OFFSET - 1);
        assertThat(Channels.responseStream(Channels.ingressStream(Channels.BASE_STREAM, 0)))
                .isGreaterThan(last);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Channels.ingressStream(Channels.BASE_STREAM, Channels.RESPONSE_STREAM_OFFSET));
    }
}
