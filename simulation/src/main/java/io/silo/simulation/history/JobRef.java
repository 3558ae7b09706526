package io.silo.simulation.history;

/** Names one job: ids are unique within a tenant. */
public record JobRef(String tenant, String id) {
    @Override
    public String toString() {
        return tenant + "/" + id;
    }
}
