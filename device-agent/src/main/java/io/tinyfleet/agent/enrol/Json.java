package io.tinyfleet.agent.enrol;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Reads the one JSON answer that the agent ever gets, and writes strings. Objects, strings, numbers and the three words
 * are understood, which is what the answer is made of; a hundred lines of our own instead of a library of a megabyte.
 */
public final class Json {
    private static final int MAX_CHARS = 256 * 1024;
    private static final int MAX_DEPTH = 8;

    private final String text;
    private int at;

    private Json(String text) {
        this.text = text;
    }

    /** A JSON object as a map; nested objects are maps, all other values strings. Arrays are refused. */
    static Map<String, Object> readObject(String text) throws IOException {
        if (text.length() > MAX_CHARS) {
            throw new IOException("the answer is longer than " + MAX_CHARS + " characters");
        }
        Json json = new Json(text);
        json.space();
        Map<String, Object> object = json.object(0);
        json.space();
        if (json.at != text.length()) {
            throw json.unreadable("something after the object");
        }
        return object;
    }

    /** A string with its quotes. */
    public static String quote(String value) {
        StringBuilder quoted = new StringBuilder(value.length() + 2).append('"');
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c == '"' || c == '\\') {
                quoted.append('\\').append(c);
            } else if (c < ' ') {
                quoted.append(String.format("\\u%04x", (int) c));
            } else {
                quoted.append(c);
            }
        }
        return quoted.append('"').toString();
    }

    private Map<String, Object> object(int depth) throws IOException {
        if (depth > MAX_DEPTH) {
            throw unreadable("more than " + MAX_DEPTH + " objects in each other");
        }
        expect('{');
        Map<String, Object> object = new LinkedHashMap<>();
        space();
        if (peek() == '}') {
            at++;
            return object;
        }
        while (true) {
            space();
            String key = string();
            space();
            expect(':');
            space();
            object.put(key, value(depth));
            space();
            if (peek() == '}') {
                at++;
                return object;
            }
            expect(',');
        }
    }

    private Object value(int depth) throws IOException {
        char first = peek();
        if (first == '{') {
            return object(depth + 1);
        }
        if (first == '"') {
            return string();
        }
        int from = at;
        while (at < text.length()
                && (Character.isLetterOrDigit(text.charAt(at)) || "+-.".indexOf(text.charAt(at)) >= 0)) {
            at++;
        }
        if (from == at) {
            throw unreadable("no value");
        }
        return text.substring(from, at);
    }

    private String string() throws IOException {
        expect('"');
        StringBuilder value = new StringBuilder();
        while (true) {
            char c = next();
            if (c == '"') {
                return value.toString();
            }
            value.append(c == '\\' ? escaped() : c);
        }
    }

    private char escaped() throws IOException {
        char c = next();
        return switch (c) {
            case '"', '\\', '/' -> c;
            case 'n' -> '\n';
            case 't' -> '\t';
            case 'r' -> '\r';
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'u' -> unicode();
            default -> throw unreadable("the escape \\" + c);
        };
    }

    private char unicode() throws IOException {
        if (at + 4 > text.length() || !text.substring(at, at + 4).matches("[0-9a-fA-F]{4}")) {
            throw unreadable("an escape without four digits");
        }
        at += 4;
        return (char) Integer.parseInt(text.substring(at - 4, at), 16);
    }

    private void space() {
        while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
    }

    private char peek() throws IOException {
        if (at >= text.length()) {
            throw unreadable("the end");
        }
        return text.charAt(at);
    }

    private char next() throws IOException {
        char c = peek();
        at++;
        return c;
    }

    private void expect(char wanted) throws IOException {
        if (next() != wanted) {
            at--;
            throw unreadable("no " + wanted);
        }
    }

    private IOException unreadable(String what) {
        return new IOException("the answer is not the JSON object it should be: " + what + " at character " + at);
    }
}
