package io.silo.simulation.model;

/** A limit that a job names. */
record ModelLimit(String key, long max) {}
