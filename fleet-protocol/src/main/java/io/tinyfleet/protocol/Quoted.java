package io.tinyfleet.protocol;

/** Text from outside, made fit for a refusal: short, on one line, printable. */
public final class Quoted {
    private static final int MAX_CHARACTERS = 80;

    private Quoted() {}

    /** At most 80 characters of the text, control characters as {@code ?}. */
    public static String shortened(String text) {
        StringBuilder quoted = new StringBuilder(Math.min(text.length(), MAX_CHARACTERS) + 1);
        for (int i = 0; i < text.length() && i < MAX_CHARACTERS; i++) {
            char character = text.charAt(i);
            quoted.append(Character.isISOControl(character) ? '?' : character);
        }
        if (text.length() > MAX_CHARACTERS) {
            quoted.append('…');
        }
        return quoted.toString();
    }
}
