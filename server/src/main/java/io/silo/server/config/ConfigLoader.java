package io.silo.server.config;

import io.silo.protocol.Bounds;
import io.silo.protocol.TextRules;
import io.silo.protocol.session.AccessToken;
import io.silo.protocol.session.Verb;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.tomlj.Toml;
import org.tomlj.TomlArray;
import org.tomlj.TomlParseError;
import org.tomlj.TomlParseResult;
import org.tomlj.TomlPosition;
import org.tomlj.TomlTable;

/**
 * Reads the configuration: defaults, then the file, then the environment, then options of the command line. Collects every
 * problem before it gives up. One use each; one thread.
 */
public final class ConfigLoader {
    /** {@code ${NAME}} and {@code ${NAME:-default}}; anything else with a dollar sign stays as it is. */
    private static final Pattern VARIABLE = Pattern.compile("\\$\\{([A-Za-z_][A-Za-z0-9_]*)(:-([^}\\n]*))?}");

    /** A configuration longer than this is not one: 1 MiB, a thousand times what all settings need. */
    private static final long FILE_BYTES_MAX = 1024 * 1024;

    /** Bound on the length of a token, in characters: it travels in the first, small message of a session. */
    private static final int SECRET_CHARACTERS_MAX = 1_024;

    private static final String AUTH = "auth";
    private static final String TOKENS = "tokens";
    private static final Set<String> TOKEN_KEYS = Set.of("name", "token", "token_file", "tenant", "verbs");

    private final Map<String, String> environment;
    private final List<ConfigProblem> problems = new ArrayList<>();
    private final List<String> warnings = new ArrayList<>();
    private final Map<Setting<?>, Object> values = new LinkedHashMap<>();
    private final Map<Setting<?>, String> origins = new LinkedHashMap<>();
    private final List<AccessToken> tokens = new ArrayList<>();
    private String fileName = "";

    private ConfigLoader(Map<String, String> environment) {
        this.environment = environment;
    }

    /**
     * Loads and checks a configuration.
     *
     * @param file the TOML file; null = none.
     * @param environment variables of the process.
     * @param options values by {@code section.key} from the command line, which go before everything.
     * @throws ConfigException with every problem found.
     */
    public static ServerConfig load(@Nullable Path file, Map<String, String> environment, Map<String, String> options) {
        final ConfigLoader loader = new ConfigLoader(environment);
        if (file != null) {
            loader.readFile(file);
        }
        return loader.finish(options);
    }

    /** As {@link #load}, from text; {@code name} stands for the file in messages. */
    static ServerConfig loadText(String name, String text, Map<String, String> environment) {
        final ConfigLoader loader = new ConfigLoader(environment);
        loader.fileName = name;
        loader.readText(text, null);
        return loader.finish(Map.of());
    }

    private ServerConfig finish(Map<String, String> options) {
        readEnvironment();
        for (Map.Entry<String, String> option : options.entrySet()) {
            final Setting<?> setting = settingNamed(option.getKey());
            if (setting == null) {
                throw new IllegalArgumentException("no such setting: " + option.getKey());
            }
            accept(setting, option.getValue(), "option", "option for " + setting.name());
        }
        final ServerConfig config = new ServerConfig(values, origins, tokens, warnings);
        final List<AccessToken> all = new ArrayList<>(tokens);
        final String operator = config.value(Settings.AUTH_TOKEN);
        if (!operator.isEmpty()) {
            all.add(new AccessToken("operator", operator, null, Set.of(Verb.ADMIN)));
        } else if (origins.containsKey(Settings.AUTH_TOKEN)) {
            problem(config.origin(Settings.AUTH_TOKEN), "server.auth_token is empty; remove it, or give it a value.");
        }
        checkTogether(config, all);
        if (!problems.isEmpty()) {
            throw new ConfigException(problems);
        }
        return new ServerConfig(values, origins, all, warnings);
    }

    private void readFile(Path file) {
        fileName = file.toString();
        try {
            if (Files.size(file) > FILE_BYTES_MAX) {
                problem(fileName, "The file has more than 1 MiB; this is not a configuration.");
                return;
            }
            readText(Files.readString(file), file.toAbsolutePath().getParent());
        } catch (NoSuchFileException missing) {
            problem(fileName, "There is no such file.");
        } catch (CharacterCodingException notText) {
            problem(fileName, "The file is not UTF-8 text.");
        } catch (IOException failed) {
            problem(fileName, "The file cannot be read: " + failed.getMessage() + ".");
        }
    }

    private void readText(String raw, @Nullable Path directory) {
        final TomlParseResult toml = Toml.parse(expand(raw));
        for (TomlParseError error : toml.errors()) {
            problem(at(error.position()), firstUpper(String.valueOf(error.getMessage())) + ".");
        }
        if (toml.hasErrors()) {
            return;
        }
        for (String section : toml.keySet()) {
            final Object value = toml.get(List.of(section));
            final TomlPosition position = toml.inputPositionOf(List.of(section));
            if (!(value instanceof TomlTable table)) {
                unknown(at(position), "key", section, sectionNames());
            } else if (section.equals(AUTH)) {
                readAuth(table, directory);
            } else if (sectionNames().contains(section)) {
                readSection(section, table);
            } else {
                unknown(at(position), "section", section, sectionNames());
            }
        }
    }

    private void readSection(String section, TomlTable table) {
        for (String key : table.keySet()) {
            final Object value = table.get(List.of(key));
            final String where = at(table.inputPositionOf(List.of(key)));
            final Setting<?> setting = settingNamed(section + "." + key);
            if (setting == null) {
                unknown(where, "key", section + "." + key, settingNames());
            } else if (value != null) {
                accept(setting, value, where, where);
            }
        }
    }

    private void readAuth(TomlTable auth, @Nullable Path directory) {
        for (String key : auth.keySet()) {
            if (!key.equals(TOKENS)) {
                unknown(at(auth.inputPositionOf(List.of(key))), "key", AUTH + "." + key, List.of(AUTH + "." + TOKENS));
            }
        }
        final Object value = auth.get(List.of(TOKENS));
        if (value == null) {
            return;
        }
        if (!(value instanceof TomlArray array) || !array.toList().stream().allMatch(TomlTable.class::isInstance)) {
            problem(
                    at(auth.inputPositionOf(List.of(TOKENS))),
                    "auth.tokens must be written as [[auth.tokens]] tables.");
            return;
        }
        final Set<String> names = new HashSet<>();
        for (int i = 0; i < array.size(); i++) {
            readToken(array.getTable(i), at(array.inputPositionOf(i)), directory, names);
        }
    }

    private void readToken(TomlTable table, String where, @Nullable Path directory, Set<String> names) {
        final int before = problems.size();
        for (String key : table.keySet()) {
            if (!TOKEN_KEYS.contains(key)) {
                unknown(at(table.inputPositionOf(List.of(key))), "key of a token", key, TOKEN_KEYS);
            } else if (!key.equals("verbs") && !table.isString(List.of(key))) {
                problem(at(table.inputPositionOf(List.of(key))), "A token's " + key + " must be text in quotes.");
            }
        }
        final Set<Verb> verbs = readVerbs(table, where);
        if (problems.size() > before) {
            return;
        }
        final String name = table.getString(List.of("name"), () -> "");
        if (name.isBlank() || !names.add(name)) {
            problem(where, "A token needs a name of its own" + (name.isBlank() ? "." : "; '" + name + "' is taken."));
            return;
        }
        final String secret = readSecret(table, name, where, directory);
        if (secret != null) {
            tokens.add(new AccessToken(name, secret, table.getString(List.of("tenant")), verbs));
        }
    }

    private @Nullable String readSecret(TomlTable table, String name, String where, @Nullable Path directory) {
        final String inline = table.getString(List.of("token"));
        final String file = table.getString(List.of("token_file"));
        if ((inline == null) == (file == null)) {
            problem(where, "Token '" + name + "' needs either token or token_file.");
            return null;
        }
        String secret = inline;
        if (file != null) {
            final Path path = directory == null ? Path.of(file) : directory.resolve(file);
            try {
                secret = Files.readString(path).strip();
            } catch (IOException failed) {
                problem(where, "The token_file of token '" + name + "' cannot be read: " + path + ".");
                return null;
            }
        }
        if (secret == null || secret.isEmpty() || secret.length() > SECRET_CHARACTERS_MAX) {
            problem(
                    where,
                    "The token of '" + name + "' must have 1 to 1024 characters; an unset variable makes it empty.");
            return null;
        }
        return secret;
    }

    private Set<Verb> readVerbs(TomlTable table, String where) {
        final Object value = table.get(List.of("verbs"));
        if (value == null) {
            return Set.of(Verb.ADMIN);
        }
        final Map<String, Verb> known = new TreeMap<>();
        for (Verb verb : Verb.values()) {
            known.put(Setting.show(verb), verb);
        }
        final Set<Verb> verbs = new LinkedHashSet<>();
        final List<Object> items = value instanceof TomlArray array ? array.toList() : List.of(value);
        for (Object item : items) {
            final Verb verb = known.get(String.valueOf(item));
            if (verb == null) {
                unknown(where, "verb", String.valueOf(item), known.keySet());
            } else {
                verbs.add(verb);
            }
        }
        if (items.isEmpty()) {
            problem(where, "verbs is empty; leave it out to allow all.");
        }
        return verbs;
    }

    private void readEnvironment() {
        final Map<String, Setting<?>> byVariable = Settings.ALL.stream()
                .collect(Collectors.toMap(Setting::environmentName, setting -> setting, (a, b) -> a, TreeMap::new));
        final Set<String> prefixes = sectionNames().stream()
                .map(section -> "SILO_" + section.toUpperCase(Locale.ROOT) + "_")
                .collect(Collectors.toSet());
        for (Map.Entry<String, String> variable : environment.entrySet()) {
            final String name = variable.getKey();
            final Setting<?> setting = byVariable.get(name);
            if (setting != null) {
                accept(setting, variable.getValue(), "variable " + name, "variable " + name);
            } else if (prefixes.stream().anyMatch(name::startsWith)) {
                // Not an error: orchestrators put variables of their own, such as SILO_SERVER_PORT, into every process.
                final String nearest = Suggestion.of(name, byVariable.keySet());
                warnings.add("The variable " + name + " is no setting"
                        + (nearest == null ? "." : "; did you mean " + nearest + "?"));
            }
        }
    }

    private void checkTogether(ServerConfig config, List<AccessToken> all) {
        final HostPort aeron = config.value(Settings.AERON_ADDRESS);
        final HostPort control = config.value(Settings.AERON_CONTROL_ADDRESS);
        if (aeron.equals(control)) {
            problem(
                    config.origin(Settings.AERON_CONTROL_ADDRESS),
                    "server.aeron_control_addr must differ from server.aeron_addr.");
        }
        if (aeron.port() == 0 || control.port() == 0) {
            problem(config.origin(Settings.AERON_ADDRESS), "Aeron addresses need a port of their own, not 0.");
        }
        if (!aeron.host().equals(control.host())) {
            problem(
                    config.origin(Settings.AERON_CONTROL_ADDRESS),
                    "server.aeron_control_addr and server.aeron_addr must name the same host.");
        }
        checkAdvertised(config);
        if (config.value(Settings.DATABASE_PATH).isBlank()) {
            problem(config.origin(Settings.DATABASE_PATH), "database.path is empty.");
        }
        if (config.value(Settings.SHARD_THREADS) > config.value(Settings.SHARD_COUNT)) {
            warnings.add("shard.threads is above shard.count; the threads beyond it are not started.");
        }
        final Set<String> secrets = new HashSet<>();
        for (AccessToken token : all) {
            if (!secrets.add(token.secret())) {
                problem("", "Two tokens are equal; the second is '" + token.name() + "'.");
            }
            checkTenant(config, token);
        }
    }

    /** What clients are told has to be an address that they can call. */
    private void checkAdvertised(ServerConfig config) {
        final String text = config.value(Settings.ADVERTISED_GRPC_ADDRESS);
        if (text.isEmpty()) {
            return;
        }
        final HostPort told = HostPort.parse(text);
        final String where = config.origin(Settings.ADVERTISED_GRPC_ADDRESS);
        if (told.port() == 0) {
            problem(where, "server.advertised_grpc_addr needs the port that clients call, not 0.");
        }
        if (told.isWildcard()) {
            problem(
                    where,
                    "server.advertised_grpc_addr must name a host that clients can call, not " + told.host() + ".");
        }
    }

    /** A token whose tenant no call can name opens nothing, which nobody can want. */
    private void checkTenant(ServerConfig config, AccessToken token) {
        final String tenant = token.tenant();
        if (tenant == null) {
            return;
        }
        final byte[] bytes = tenant.getBytes(StandardCharsets.UTF_8);
        final int characters = TextRules.characters(new UnsafeBuffer(bytes), 0, bytes.length);
        if (characters < 1 || characters > Bounds.TENANT_CHARACTERS_MAX) {
            problem(
                    "",
                    "The tenant of token '" + token.name()
                            + "' must have 1 to 64 characters; leave it out to allow all tenants.");
        } else if (config.value(Settings.TENANCY_MODE) == TenancyMode.OFF && !tenant.equals(Bounds.TENANT_NONE)) {
            problem(
                    config.origin(Settings.TENANCY_MODE),
                    "tenancy.mode is off, so token '" + token.name() + "' cannot be kept to tenant '" + tenant + "'.");
        }
    }

    private void accept(Setting<?> setting, Object value, String origin, String where) {
        try {
            values.put(setting, setting.read(value));
            origins.put(setting, origin);
        } catch (IllegalArgumentException wrong) {
            problem(where, setting.name() + " " + wrong.getMessage() + ".");
        }
    }

    /** Puts variables in. A value that could change the structure of the file is refused, not quoted: it is likely a mistake. */
    private String expand(String raw) {
        final Matcher matcher = VARIABLE.matcher(raw);
        final StringBuilder expanded = new StringBuilder(raw.length());
        while (matcher.find()) {
            final String name = matcher.group(1);
            final String set = environment.get(name);
            final String fallback = matcher.group(3) == null ? "" : matcher.group(3);
            final String value = set == null || set.isEmpty() ? fallback : set;
            if (set != null && value.chars().anyMatch(c -> c == '"' || c == '\\' || c < 0x20)) {
                final long line = raw.substring(0, matcher.start())
                                .chars()
                                .filter(c -> c == '\n')
                                .count()
                        + 1;
                problem(
                        fileName + ":" + line,
                        "The variable " + name
                                + " holds a quote, a backslash or a line break, which a configuration cannot take.");
            }
            matcher.appendReplacement(expanded, Matcher.quoteReplacement(value));
        }
        return matcher.appendTail(expanded).toString();
    }

    private void unknown(String where, String kind, String name, Collection<String> known) {
        final String nearest = Suggestion.of(name, known);
        problem(
                where,
                "Unknown " + kind + " '" + name + "'" + (nearest == null ? "." : "; did you mean '" + nearest + "'?"));
    }

    private void problem(String where, String sentence) {
        problems.add(new ConfigProblem(where, sentence));
    }

    private String at(@Nullable TomlPosition position) {
        return position == null ? fileName : fileName + ":" + position.line();
    }

    private static String firstUpper(String text) {
        final String stripped = text.endsWith(".") ? text.substring(0, text.length() - 1) : text;
        return stripped.isEmpty() ? stripped : Character.toUpperCase(stripped.charAt(0)) + stripped.substring(1);
    }

    private static Set<String> sectionNames() {
        return Settings.ALL.stream().map(Setting::section).collect(Collectors.toCollection(LinkedHashSet::new));
    }

    private static List<String> settingNames() {
        return Settings.ALL.stream().map(Setting::name).toList();
    }

    private static @Nullable Setting<?> settingNamed(String name) {
        return Settings.ALL.stream()
                .filter(setting -> setting.name().equals(name))
                .findFirst()
                .orElse(null);
    }
}
