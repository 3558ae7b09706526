package io.silo.server.config;

import java.util.List;
import java.util.stream.Collectors;

/** The configuration cannot be used; says all that is wrong with it at once. */
public final class ConfigException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient List<ConfigProblem> problems;

    public ConfigException(List<ConfigProblem> problems) {
        super(problems.stream().map(ConfigProblem::toString).collect(Collectors.joining("\n")));
        this.problems = List.copyOf(problems);
    }

    /** At least one. */
    public List<ConfigProblem> problems() {
        return problems;
    }
}
