package io.tinyfleet.agent.api;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Reads JSON (RFC 8259) where it lies, so that a tensor of numbers becomes no tree of objects. Every mistake is a
 * refusal with its place.
 */
final class JsonCursor {

    static final int MAX_DEPTH = 32;
    private static final int MAX_STRING_BYTES = 4 * 1024;
    private static final int MAX_NUMBER_CHARS = 64;

    private final byte[] text;
    private final int end;
    private int at;

    JsonCursor(byte[] text, int start, int end) {
        this.text = text;
        this.at = start;
        this.end = end;
    }

    int position() {
        return at;
    }

    /** The first byte of the next value or sign. */
    byte peek() throws HttpRefusal {
        while (at < end && (text[at] == ' ' || text[at] == '\n' || text[at] == '\r' || text[at] == '\t')) {
            at++;
        }
        if (at == end) {
            throw wrong("it ends too early");
        }
        return text[at];
    }

    void expect(char sign) throws HttpRefusal {
        if (peek() != sign) {
            throw wrong("'" + sign + "' is expected");
        }
        at++;
    }

    /** Whether the sign comes next; if so it is taken. */
    boolean take(char sign) throws HttpRefusal {
        if (peek() == sign) {
            at++;
            return true;
        }
        return false;
    }

    /** The next name of an object, after its opening brace; null at its end. */
    @Nullable String nextName(boolean first) throws HttpRefusal {
        if (take('}')) {
            return null;
        }
        if (!first) {
            expect(',');
        }
        String name = string();
        expect(':');
        return name;
    }

    /** Whether another element of an array comes, after its opening bracket. */
    boolean nextElement(boolean first) throws HttpRefusal {
        if (take(']')) {
            return false;
        }
        if (!first) {
            expect(',');
        }
        return true;
    }

    void requireEnd() throws HttpRefusal {
        while (at < end) {
            if (text[at] > ' ') {
                throw wrong("something stands after the object");
            }
            at++;
        }
    }

    String string() throws HttpRefusal {
        expect('"');
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(16);
        while (true) {
            if (at == end) {
                throw wrong("a string does not end");
            }
            byte b = text[at++];
            if (b == '"') {
                return bytes.toString(StandardCharsets.UTF_8);
            }
            if (b >= 0 && b < ' ') {
                throw wrong("a control character in a string");
            }
            if (bytes.size() > MAX_STRING_BYTES) {
                throw wrong("a string has over " + MAX_STRING_BYTES + " bytes");
            }
            if (b == '\\') {
                bytes.writeBytes(escaped().getBytes(StandardCharsets.UTF_8));
            } else {
                bytes.write(b);
            }
        }
    }

    private String escaped() throws HttpRefusal {
        char c = at < end ? (char) text[at++] : 0;
        return switch (c) {
            case '"', '\\', '/' -> String.valueOf(c);
            case 'b' -> "\b";
            case 'f' -> "\f";
            case 'n' -> "\n";
            case 'r' -> "\r";
            case 't' -> "\t";
            case 'u' -> unicode();
            default -> throw wrong("an escape that JSON does not have");
        };
    }

    private String unicode() throws HttpRefusal {
        StringBuilder chars = new StringBuilder(2).append(fourDigits());
        if (Character.isHighSurrogate(chars.charAt(0))) {
            if (at + 1 < end && text[at] == '\\' && text[at + 1] == 'u') {
                at += 2;
                chars.append(fourDigits());
            }
            if (chars.length() < 2 || !Character.isLowSurrogate(chars.charAt(1))) {
                throw wrong("half a surrogate pair");
            }
        }
        return chars.toString();
    }

    private char fourDigits() throws HttpRefusal {
        int value = 0;
        for (int i = 0; i < 4; i++) {
            int digit = at < end ? Character.digit(text[at++], 16) : -1;
            if (digit < 0) {
                throw wrong("an escape without four hexadecimal digits");
            }
            value = value * 16 + digit;
        }
        return (char) value;
    }

    /** The letters of a number, as JSON writes them. */
    String number() throws HttpRefusal {
        peek();
        int from = at;
        while (at < end && at - from <= MAX_NUMBER_CHARS && isOfNumber(text[at])) {
            at++;
        }
        String number = new String(text, from, at - from, StandardCharsets.US_ASCII);
        if (!number.isEmpty() && isNumber(number)) {
            return number;
        }
        at = from;
        throw wrong("a number is expected");
    }

    private static boolean isOfNumber(byte b) {
        return b >= '0' && b <= '9' || b == '-' || b == '+' || b == '.' || b == 'e' || b == 'E';
    }

    /** {@code -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?} without a regular expression for each number. */
    private static boolean isNumber(String s) {
        int i = s.charAt(0) == '-' ? 1 : 0;
        int digits = digits(s, i);
        if (digits == 0 || digits > 1 && s.charAt(i) == '0') {
            return false;
        }
        i += digits;
        if (i < s.length() && s.charAt(i) == '.') {
            digits = digits(s, i + 1);
            if (digits == 0) {
                return false;
            }
            i += 1 + digits;
        }
        if (i < s.length() && (s.charAt(i) == 'e' || s.charAt(i) == 'E')) {
            i++;
            if (i < s.length() && (s.charAt(i) == '+' || s.charAt(i) == '-')) {
                i++;
            }
            digits = digits(s, i);
            if (digits == 0) {
                return false;
            }
            i += digits;
        }
        return i == s.length();
    }

    private static int digits(String s, int from) {
        int i = from;
        while (i < s.length() && s.charAt(i) >= '0' && s.charAt(i) <= '9') {
            i++;
        }
        return i - from;
    }

    boolean bool() throws HttpRefusal {
        if (word("true")) {
            return true;
        }
        if (word("false")) {
            return false;
        }
        throw wrong("true or false is expected");
    }

    private boolean word(String word) throws HttpRefusal {
        peek();
        if (end - at < word.length()) {
            return false;
        }
        for (int i = 0; i < word.length(); i++) {
            if (text[at + i] != word.charAt(i)) {
                return false;
            }
        }
        at += word.length();
        return true;
    }

    /** Passes over one value of any kind, and checks it. */
    void skip() throws HttpRefusal {
        skip(0);
    }

    private void skip(int depth) throws HttpRefusal {
        if (depth > MAX_DEPTH) {
            throw wrong("values are nested over " + MAX_DEPTH + " deep");
        }
        switch (peek()) {
            case '"' -> string();
            case '{' -> {
                at++;
                for (boolean first = true; nextName(first) != null; first = false) {
                    skip(depth + 1);
                }
            }
            case '[' -> {
                at++;
                for (boolean first = true; nextElement(first); first = false) {
                    skip(depth + 1);
                }
            }
            case 't', 'f' -> bool();
            case 'n' -> {
                if (!word("null")) {
                    throw wrong("no value that JSON has");
                }
            }
            default -> number();
        }
    }

    HttpRefusal wrong(String what) {
        return new HttpRefusal(400, "the body is not the JSON it should be: " + what + " at byte " + at);
    }
}
