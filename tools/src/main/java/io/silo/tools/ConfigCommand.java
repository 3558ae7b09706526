package io.silo.tools;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.silo.protocol.session.AccessToken;
import io.silo.server.config.ServerConfig;
import io.silo.server.config.Setting;
import io.silo.server.config.Settings;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Checks and shows the configuration, without starting anything. */
@Command(
        name = "config",
        description = "Check or show the server's configuration.",
        subcommands = {ConfigCommand.Validate.class, ConfigCommand.Show.class})
final class ConfigCommand implements Runnable {
    @Mixin
    final CommonOptions common = new CommonOptions();

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public void run() {
        if (spec != null) {
            throw new ParameterException(spec.commandLine(), "A command is missing: validate or show");
        }
    }

    /** {@code silo config validate}. */
    @Command(name = "validate", description = "Check a configuration; every problem is listed with its line.")
    static final class Validate implements Callable<Integer> {
        @Mixin
        private final CommonOptions common = new CommonOptions();

        @Mixin
        private final ConfigOptions options = new ConfigOptions();

        @Spec
        private @Nullable CommandSpec spec;

        @Override
        public Integer call() {
            final ServerConfig config = options.load();
            final PrintWriter out = Out.of(spec);
            if (common.json) {
                final ObjectNode node = Output.object();
                node.put("valid", true);
                final ArrayNode warnings = node.putArray("warnings");
                config.warnings().forEach(warnings::add);
                out.println(Output.line(node));
            } else {
                config.warnings().forEach(warning -> out.println("warning: " + warning));
                out.println("The configuration is valid: " + options.name() + ".");
            }
            return ExitCode.OK;
        }
    }

    /** {@code silo config show}. */
    @Command(name = "show", description = "Show every setting, its value and where it comes from.")
    static final class Show implements Callable<Integer> {
        @Mixin
        private final CommonOptions common = new CommonOptions();

        @Mixin
        private final ConfigOptions options = new ConfigOptions();

        @Spec
        private @Nullable CommandSpec spec;

        @Override
        public Integer call() {
            final ServerConfig config = options.load();
            final PrintWriter out = Out.of(spec);
            if (common.json) {
                out.println(Output.line(json(config)));
            } else {
                text(config, out);
            }
            return ExitCode.OK;
        }

        private static ObjectNode json(ServerConfig config) {
            final ObjectNode node = Output.object();
            final ArrayNode settings = node.putArray("settings");
            for (Setting<?> setting : Settings.ALL) {
                final ObjectNode entry = settings.addObject();
                entry.put("name", setting.name());
                entry.put("value", config.shown(setting));
                entry.put("origin", config.origin(setting));
                entry.put("variable", setting.environmentName());
                entry.put("type", setting.type());
                entry.put("meaning", setting.meaning());
            }
            final ArrayNode tokens = node.putArray("tokens");
            for (AccessToken token : config.tokens()) {
                final ObjectNode entry = tokens.addObject();
                entry.put("name", token.name());
                entry.put("tenant", token.tenant());
                final ArrayNode verbs = entry.putArray("verbs");
                verbs(token).forEach(verbs::add);
            }
            return node;
        }

        private static void text(ServerConfig config, PrintWriter out) {
            String section = "";
            for (Setting<?> setting : Settings.ALL) {
                if (!setting.section().equals(section)) {
                    out.println((section.isEmpty() ? "[" : "\n[") + setting.section() + "]");
                    section = setting.section();
                }
                final String shown = config.shown(setting);
                final Object value = config.value(setting);
                final String quoted = value instanceof Long || value instanceof Boolean ? shown : '"' + shown + '"';
                out.println("# " + setting.meaning());
                out.println(String.format(
                        Locale.ROOT, "%-44s # %s", setting.key() + " = " + quoted, config.origin(setting)));
            }
            for (AccessToken token : config.tokens()) {
                out.println("\n# token " + token.name() + ": "
                        + (token.tenant() == null ? "all tenants" : "tenant " + token.tenant()) + ", "
                        + String.join(", ", verbs(token)));
            }
        }

        private static List<String> verbs(AccessToken token) {
            return token.verbs().stream()
                    .sorted()
                    .map(verb -> verb.name().toLowerCase(Locale.ROOT))
                    .toList();
        }
    }
}
