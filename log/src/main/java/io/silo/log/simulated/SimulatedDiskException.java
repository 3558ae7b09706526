package io.silo.log.simulated;

/** What an {@link java.io.IOException} is to a real disk. */
final class SimulatedDiskException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    SimulatedDiskException(String message) {
        super(message);
    }
}
