package io.silo.sql;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Values by text, those that were used last: so many, and of so many characters of text, at most. Any thread. */
final class BoundedCache<V> {
    private final int entriesMax;
    private final int charactersMax;
    private final Map<String, V> entries = new LinkedHashMap<>(16, 0.75f, true);
    private long characters;

    BoundedCache(int entriesMax, int charactersMax) {
        this.entriesMax = entriesMax;
        this.charactersMax = charactersMax;
    }

    synchronized @Nullable V get(String text) {
        return entries.get(text);
    }

    /** What is too long to be kept beside others is not. */
    synchronized void put(String text, V value) {
        if (text.length() > charactersMax / 2) {
            return;
        }
        if (entries.put(text, value) == null) {
            characters += text.length();
        }
        final Iterator<String> eldest = entries.keySet().iterator();
        while (entries.size() > entriesMax || characters > charactersMax) {
            characters -= eldest.next().length();
            eldest.remove();
        }
    }

    synchronized int size() {
        return entries.size();
    }
}
