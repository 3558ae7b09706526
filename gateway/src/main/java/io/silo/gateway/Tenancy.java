package io.silo.gateway;

/** Whether calls name a tenant, as the server is configured. */
public enum Tenancy {
    /** No call may name one; workers' calls that do are taken as if they did not. */
    OFF,
    /** A call without one means the tenant {@code -}. */
    OPTIONAL,
    /** Every call names one. */
    REQUIRED
}
