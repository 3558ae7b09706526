package io.silo.sql;

/** Whether a filter leaves the jobs of one tenant, whatever its parameters are. Stateless. */
final class OneTenant {
    private OneTenant() {}

    static boolean isPinned(ReadSpec spec) {
        // Two parameters are two tenants, though they may be given one value.
        final Bounds bounds = spec.bounds(name -> name);
        return bounds.tenants() != null
                && bounds.tenants().size() == 1
                && bounds.ids() == null
                && bounds.metadata() == null;
    }
}
