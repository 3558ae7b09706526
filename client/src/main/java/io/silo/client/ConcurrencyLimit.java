package io.silo.client;

/**
 * How many jobs of a tenant that name one key may run at once, as one of them asks for it: jobs of one key need not agree.
 *
 * @param key 1 to 256 bytes of UTF-8, shared by all jobs of the tenant that name it, whatever their task group.
 * @param max the job runs only while fewer others hold a slot; 0 = never.
 */
public record ConcurrencyLimit(String key, int max) implements Limit {}
