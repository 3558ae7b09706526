package io.silo.server.config;

import java.util.Collection;
import org.jspecify.annotations.Nullable;

/** Finds the known name that a mistyped one most likely meant. Stateless. */
final class Suggestion {
    /** Distances above a third of the name's length are guesses, not typing errors; two is always one. */
    private static final int DISTANCE_MIN = 2;

    private Suggestion() {}

    /** The nearest known name, or null if none is near. */
    static @Nullable String of(String unknown, Collection<String> known) {
        String best = null;
        int bestDistance = Math.max(DISTANCE_MIN, unknown.length() / 3) + 1;
        for (String candidate : known) {
            final int distance = distance(unknown, candidate);
            if (distance < bestDistance) {
                best = candidate;
                bestDistance = distance;
            }
        }
        return best;
    }

    /** Optimal string alignment distance: insert, delete, replace, swap of neighbours (Damerau 1964, restricted form). */
    static int distance(String a, String b) {
        final int[][] d = new int[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++) {
            d[i][0] = i;
        }
        for (int j = 0; j <= b.length(); j++) {
            d[0][j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            for (int j = 1; j <= b.length(); j++) {
                final int replace = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
                d[i][j] = Math.min(Math.min(d[i - 1][j] + 1, d[i][j - 1] + 1), d[i - 1][j - 1] + replace);
                if (i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1)) {
                    d[i][j] = Math.min(d[i][j], d[i - 2][j - 2] + 1);
                }
            }
        }
        return d[a.length()][b.length()];
    }
}
