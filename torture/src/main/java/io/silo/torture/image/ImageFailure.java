package io.silo.torture.image;

import java.nio.file.Path;

/** An image whose recovery broke a promise. The image is kept. */
public final class ImageFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient Path image;

    ImageFailure(Path image, String sentence, Throwable cause) {
        super(sentence, cause);
        this.image = image;
    }

    /** Where the image lies. */
    public Path image() {
        return image;
    }
}
