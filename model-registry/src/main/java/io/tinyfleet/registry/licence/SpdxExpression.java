package io.tinyfleet.registry.licence;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A licence expression of SPDX (annex D of its specification 2.3): identifiers of its list, or {@code LicenseRef-…} for
 * a licence of one's own, joined by AND, OR and WITH and grouped by parentheses.
 *
 * @param text identifiers in the list's own spelling
 */
public record SpdxExpression(String text) {
    private static final int MAX_CHARACTERS = 500;
    private static final Pattern TOKEN = Pattern.compile("\\s*([()]|[A-Za-z0-9.:+-]+)");
    private static final Pattern OWN = Pattern.compile("(DocumentRef-[A-Za-z0-9.-]+:)?LicenseRef-[A-Za-z0-9.-]+");
    private static final Pattern EXCEPTION = Pattern.compile("[A-Za-z0-9.-]+");
    private static final Map<String, String> BY_LOWER_CASE = read();

    /**
     * Reads an expression; the case of identifiers does not matter.
     *
     * @throws IllegalArgumentException when it is none; the message is a rule that begins with "must"
     */
    public static SpdxExpression parse(String text) {
        if (text.isBlank() || text.length() > MAX_CHARACTERS) {
            throw new IllegalArgumentException(
                    "must be an SPDX licence expression of 1 to " + MAX_CHARACTERS + " characters, such as Apache-2.0");
        }
        Parser parser = new Parser(tokens(text));
        parser.alternatives(0);
        if (parser.at < parser.tokens.size()) {
            throw new IllegalArgumentException("must join licences with AND, OR or WITH, found \""
                    + parser.tokens.get(parser.at) + "\"; a licence that SPDX does not list is LicenseRef-NAME");
        }
        return new SpdxExpression(
                String.join(" ", parser.written).replace("( ", "(").replace(" )", ")"));
    }

    private static List<String> tokens(String text) {
        List<String> tokens = new ArrayList<>();
        Matcher matcher = TOKEN.matcher(text.strip());
        int end = 0;
        while (matcher.find() && matcher.start() == end) {
            tokens.add(matcher.group(1));
            end = matcher.end();
        }
        if (end != text.strip().length()) {
            throw new IllegalArgumentException(
                    "must hold identifiers of letters, digits, points and hyphens only, such as Apache-2.0");
        }
        return tokens;
    }

    /** Recursive descent; the depth of parentheses is bounded. */
    private static final class Parser {
        private static final int MAX_DEPTH = 16;

        private final List<String> tokens;
        private final List<String> written = new ArrayList<>();
        private int at;

        Parser(List<String> tokens) {
            this.tokens = tokens;
        }

        void alternatives(int depth) {
            if (depth > MAX_DEPTH) {
                throw new IllegalArgumentException("must nest at most " + MAX_DEPTH + " parentheses");
            }
            term(depth);
            while (accept("AND") || accept("OR")) {
                term(depth);
            }
        }

        private void term(int depth) {
            if (accept("(")) {
                alternatives(depth + 1);
                if (!accept(")")) {
                    throw new IllegalArgumentException("must close each parenthesis");
                }
                return;
            }
            written.add(licence(next()));
            if (accept("WITH")) {
                String exception = next();
                if (!EXCEPTION.matcher(exception).matches()) {
                    throw new IllegalArgumentException("must name an exception behind WITH, got \"" + exception + "\"");
                }
                written.add(exception);
            }
        }

        private String next() {
            if (at >= tokens.size()) {
                throw new IllegalArgumentException("must not end where a licence is expected");
            }
            at++;
            return tokens.get(at - 1);
        }

        private boolean accept(String word) {
            if (at < tokens.size() && tokens.get(at).equals(word)) {
                written.add(word);
                at++;
                return true;
            }
            return false;
        }

        private static String licence(String identifier) {
            if (OWN.matcher(identifier).matches()) {
                return identifier;
            }
            boolean orLater = identifier.endsWith("+");
            String name = orLater ? identifier.substring(0, identifier.length() - 1) : identifier;
            String known = BY_LOWER_CASE.get(name.toLowerCase(Locale.ROOT));
            if (known == null) {
                throw new IllegalArgumentException(
                        "must be an identifier of the SPDX licence list such as Apache-2.0, or"
                                + " LicenseRef-NAME for another licence; \"" + identifier + "\" is neither");
            }
            return orLater ? known + "+" : known;
        }
    }

    private static Map<String, String> read() {
        try (InputStream in = Objects.requireNonNull(
                        SpdxExpression.class.getResourceAsStream("spdx-licences.txt"),
                        "spdx-licences.txt is missing in the jar");
                BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
            return lines.lines()
                    .filter(line -> !line.startsWith("#"))
                    .collect(Collectors.toUnmodifiableMap(id -> id.toLowerCase(Locale.ROOT), Function.identity()));
        } catch (IOException e) {
            throw new UncheckedIOException("spdx-licences.txt cannot be read", e);
        }
    }
}
