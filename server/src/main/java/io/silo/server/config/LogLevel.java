package io.silo.server.config;

/** The least important line that is written to the log. */
public enum LogLevel {
    ERROR,
    WARN,
    INFO,
    DEBUG
}
