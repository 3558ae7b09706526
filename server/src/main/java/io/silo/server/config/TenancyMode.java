package io.silo.server.config;

/** Whether calls name a tenant. */
public enum TenancyMode {
    /** No call may name one. */
    OFF,
    /** A call without one means the tenant {@code -}. */
    OPTIONAL,
    /** Every call names one. */
    REQUIRED
}
