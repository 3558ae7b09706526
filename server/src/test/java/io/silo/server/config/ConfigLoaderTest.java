package io.silo.server.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.silo.protocol.session.AccessToken;
import io.silo.protocol.session.Verb;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigLoaderTest {
    private static final Map<String, String> NO_ENVIRONMENT = Map.of();

    @Test
    void shouldGiveTheSameDefaultsWhetherASectionIsAbsentOrEmpty() {
        final ServerConfig absent = load("");
        final ServerConfig empty = load("[server]\n[database]\n[shard]\n[tenancy]\n[metrics]\n[logging]\n[auth]\n");
        for (Setting<?> setting : Settings.ALL) {
            assertThat(empty.value(setting)).as(setting.name()).isEqualTo(absent.value(setting));
            assertThat(absent.value(setting)).as(setting.name()).isEqualTo(setting.defaultValue());
            // A default that its own reader refuses could never be written into a file.
            assertThat(setting.read(rawDefault(setting))).as(setting.name()).isEqualTo(setting.defaultValue());
        }
    }

    private static Object rawDefault(Setting<?> setting) {
        final Object value = setting.defaultValue();
        return value instanceof Long || value instanceof Boolean ? value : Setting.show(value);
    }

    @Test
    void shouldNameAnUnknownKeyItsLineAndTheNearestKnownOne() {
        assertThat(problems("[shard]\ncount = 2\n\n[server]\naeron_adr = \"127.0.0.1:1\"\n"))
                .containsExactly("silo.toml:5: Unknown key 'server.aeron_adr'; did you mean 'server.aeron_addr'?");
        assertThat(problems("[shrad]\ncount = 2\n"))
                .containsExactly("silo.toml:1: Unknown section 'shrad'; did you mean 'shard'?");
        assertThat(problems("[coordination_of_the_whole]\nx = 1\n"))
                .containsExactly("silo.toml:1: Unknown section 'coordination_of_the_whole'.");
        assertThat(problems("data = \"x\"\n").get(0)).startsWith("silo.toml:1: Unknown key 'data'");
    }

    @Test
    void shouldCollectEveryProblemInOneSentenceEach() {
        assertThat(problems(
                        "[shard]\ncount = 0\nthreads = \"two\"\n[tenancy]\nmode = \"yes\"\n[metrics]\nenabled = 1\n"))
                .containsExactly(
                        "silo.toml:2: shard.count must be a whole number from 1 to 64, not 0.",
                        "silo.toml:3: shard.threads must be a whole number from 1 to 64, not 'two'.",
                        "silo.toml:5: tenancy.mode must be one of off, optional, required, not 'yes'.",
                        "silo.toml:7: metrics.enabled must be true or false, not 1.");
        assertThat(problems("[server]\naeron_addr = \"localhost\"\n"))
                .containsExactly(
                        "silo.toml:2: server.aeron_addr must be host:port: expected host:port, not 'localhost'.");
    }

    @Test
    void shouldNameTheLineOfASyntaxError() {
        assertThat(problems("[server]\nsessions_max = = 3\n").get(0)).startsWith("silo.toml:2: ");
    }

    @Test
    void shouldPutVariablesIn() {
        final Map<String, String> environment = Map.of("PORT", "8451", "EMPTY", "");
        final ServerConfig config = ConfigLoader.loadText("silo.toml", """
                [server]
                aeron_addr = "127.0.0.1:${PORT}"
                sessions_max = ${MANY:-7}
                aeron_dir = "$HOME ${EMPTY:-x} ${open"
                """, environment);
        assertThat(config.value(Settings.AERON_ADDRESS)).isEqualTo(new HostPort("127.0.0.1", 8451));
        assertThat(config.value(Settings.SESSIONS_MAX)).isEqualTo(7);
        assertThat(config.value(Settings.AERON_DIRECTORY)).isEqualTo("$HOME x ${open");
    }

    @Test
    void shouldRefuseAVariableThatWouldChangeTheFile() {
        final Map<String, String> environment = Map.of("EVIL", "x\"\n[auth]\n");
        assertThatThrownBy(() -> ConfigLoader.loadText("silo.toml", "[server]\naeron_dir = \"${EVIL}\"\n", environment))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("silo.toml:2: The variable EVIL holds a quote");
    }

    @Test
    void shouldLetTheEnvironmentGoBeforeTheFileAndOptionsBeforeBoth() {
        final Map<String, String> environment =
                Map.of("SILO_SHARD_COUNT", "8", "SILO_DATABASE_PATH", "/from/environment");
        final ServerConfig config = ConfigLoader.loadText("silo.toml", "[shard]\ncount = 2\n", environment);
        assertThat(config.value(Settings.SHARD_COUNT)).isEqualTo(8);
        assertThat(config.origin(Settings.SHARD_COUNT)).isEqualTo("variable SILO_SHARD_COUNT");
        final ServerConfig option = ConfigLoader.load(null, environment, Map.of("database.path", "/from/option"));
        assertThat(option.value(Settings.DATABASE_PATH)).isEqualTo("/from/option");
        assertThatThrownBy(() -> ConfigLoader.load(null, Map.of("SILO_SHARD_COUNT", "many"), Map.of()))
                .hasMessage("variable SILO_SHARD_COUNT: shard.count must be a whole number from 1 to 64, not 'many'.");
    }

    @Test
    void shouldWarnOfAVariableThatIsNearlyASetting() {
        final ServerConfig config =
                ConfigLoader.load(null, Map.of("SILO_SHARD_COUNTS", "8", "SILO_JOB_ID", "x"), Map.of());
        assertThat(config.warnings())
                .containsExactly("The variable SILO_SHARD_COUNTS is no setting; did you mean SILO_SHARD_COUNT?");
    }

    @Test
    void shouldReadTokens(@TempDir Path directory) throws IOException {
        Files.writeString(directory.resolve("secret"), "from-a-file\n");
        final Path file = directory.resolve("silo.toml");
        Files.writeString(file, """
                [server]
                auth_token = "operator-secret"
                [[auth.tokens]]
                name = "app"
                token = "abc"
                tenant = "acme"
                verbs = ["produce", "read"]
                [[auth.tokens]]
                name = "worker"
                token_file = "secret"
                """);
        final List<AccessToken> tokens =
                ConfigLoader.load(file, NO_ENVIRONMENT, Map.of()).tokens();
        assertThat(tokens).extracting(AccessToken::name).containsExactly("app", "worker", "operator");
        assertThat(tokens.get(0).tenant()).isEqualTo("acme");
        assertThat(tokens.get(0).verbs()).containsExactlyInAnyOrder(Verb.PRODUCE, Verb.READ);
        assertThat(tokens.get(1).secret()).isEqualTo("from-a-file");
        assertThat(tokens.toString()).doesNotContain("abc").doesNotContain("from-a-file");
        assertThat(ConfigLoader.load(file, NO_ENVIRONMENT, Map.of()).shown(Settings.AUTH_TOKEN))
                .isEqualTo("(set)");
    }

    @Test
    void shouldRefuseTokensThatOpenNothingOrEverything() {
        assertThat(problems("[[auth.tokens]]\nname = \"a\"\ntoken = \"${UNSET}\"\n"))
                .containsExactly(
                        "silo.toml:1: The token of 'a' must have 1 to 1024 characters; an unset variable makes it empty.");
        assertThat(problems("[[auth.tokens]]\nname = \"a\"\n"))
                .containsExactly("silo.toml:1: Token 'a' needs either token or token_file.");
        assertThat(problems("[[auth.tokens]]\nname = \"a\"\ntoken = \"x\"\nverbs = [\"prodcue\"]\n"))
                .containsExactly("silo.toml:1: Unknown verb 'prodcue'; did you mean 'produce'?");
        assertThat(problems(
                        "[[auth.tokens]]\nname = \"a\"\ntoken = \"x\"\n[[auth.tokens]]\nname = \"b\"\ntoken = \"x\"\n"))
                .containsExactly("Two tokens are equal; the second is 'b'.");
        assertThat(problems("[server]\nauth_token = \"\"\n"))
                .containsExactly("silo.toml:2: server.auth_token is empty; remove it, or give it a value.");
    }

    @Test
    void shouldRefuseATokenOfATenantThatNoCallCanName() {
        final String token = "[[auth.tokens]]\nname = \"a\"\ntoken = \"x\"\ntenant = ";
        for (final String tenant : List.of("", "t".repeat(65), "${UNSET}")) {
            assertThat(problems(token + '"' + tenant + "\"\n"))
                    .containsExactly(
                            "The tenant of token 'a' must have 1 to 64 characters; leave it out to allow all tenants.");
        }
        assertThat(problems("[tenancy]\nmode = \"off\"\n" + token + "\"t\"\n"))
                .containsExactly("silo.toml:2: tenancy.mode is off, so token 'a' cannot be kept to tenant 't'.");
    }

    @Test
    void shouldRefuseToTellClientsAnAddressThatNobodyCanCall() {
        assertThat(problems("[server]\nadvertised_grpc_addr = \"broker\"\n"))
                .containsExactly("silo.toml:2: server.advertised_grpc_addr must be host:port, or empty: expected"
                        + " host:port, not 'broker'.");
        assertThat(problems("[server]\nadvertised_grpc_addr = \"broker:0\"\n"))
                .containsExactly("silo.toml:2: server.advertised_grpc_addr needs the port that clients call, not 0.");
        for (final String wildcard : List.of("0.0.0.0", "[::]")) {
            assertThat(problems("[server]\nadvertised_grpc_addr = \"" + wildcard + ":7450\"\n"))
                    .hasSize(1)
                    .first()
                    .asString()
                    .startsWith(
                            "silo.toml:2: server.advertised_grpc_addr must name a host that clients can call, not ");
        }
        assertThat(load("[server]\nadvertised_grpc_addr = \"broker:7450\"\n").value(Settings.ADVERTISED_GRPC_ADDRESS))
                .isEqualTo("broker:7450");
    }

    @Test
    void shouldSayThatTheFileIsMissing(@TempDir Path directory) {
        final Path missing = directory.resolve("none.toml");
        assertThatThrownBy(() -> ConfigLoader.load(missing, NO_ENVIRONMENT, Map.of()))
                .hasMessage(missing + ": There is no such file.");
    }

    @Test
    void shouldNameEveryEnvironmentVariableOnce() {
        assertThat(Settings.ALL.stream().map(Setting::environmentName)).doesNotHaveDuplicates();
        assertThat(Settings.ALL.stream().map(Setting::name)).doesNotHaveDuplicates();
    }

    private static ServerConfig load(String text) {
        return ConfigLoader.loadText("silo.toml", text, NO_ENVIRONMENT);
    }

    private static List<String> problems(String text) {
        try {
            load(text);
        } catch (ConfigException wrong) {
            return wrong.problems().stream().map(ConfigProblem::toString).toList();
        }
        throw new AssertionError("the configuration was accepted:\n" + text);
    }
}
