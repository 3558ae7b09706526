package io.silo.bench.history;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;

/**
 * The history as one HTML file that loads nothing: style, script and data are in it. Stateless.
 *
 * <p>What comes from files is JSON inside the page, and the script puts it there as text; it cannot become markup.
 */
public final class HistoryPage {
    private HistoryPage() {}

    /**
     * The page.
     *
     * @param files what was measured, and what could not be read.
     * @param days how far back the runs go; 0 = all.
     * @param now the time that it says it was made at.
     */
    public static String of(RunFiles files, int days, Instant now) {
        return resource("page.html")
                .replace("/*STYLE*/", resource("page.css"))
                .replace("/*SCRIPT*/", resource("charts.js") + resource("page.js"))
                .replace("/*DATA*/", escaped(PageData.of(files, days, now).toString()));
    }

    /** JSON that ends no element and no line of a script: what is special to HTML has another name in it. */
    static String escaped(String json) {
        return json.replace("&", "\\u0026")
                .replace("<", "\\u003c")
                .replace(">", "\\u003e")
                .replace("\u2028", "\\u2028")
                .replace("\u2029", "\\u2029");
    }

    private static String resource(String name) {
        try (InputStream stream = HistoryPage.class.getResourceAsStream(name)) {
            if (stream == null) {
                throw new IllegalStateException("the jar lacks " + name);
            }
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException unreadable) {
            throw new IllegalStateException("the jar cannot be read", unreadable);
        }
    }
}
