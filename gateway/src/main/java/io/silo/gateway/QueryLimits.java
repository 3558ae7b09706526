package io.silo.gateway;

/**
 * What statements in SQL may take; 0 turns a bound off.
 *
 * @param timeoutMs a statement, or with {@code QueryArrow} a batch of its rows, may take.
 * @param statementsMax under way at once on a shard.
 * @param resultBytesMax of an answer in one piece.
 * @param heldBytesMax what sorts, joins and groups of a statement may hold, about.
 * @param slowMs a statement that took longer is logged.
 */
public record QueryLimits(long timeoutMs, int statementsMax, long resultBytesMax, long heldBytesMax, long slowMs) {}
