package io.tinyfleet.server.access;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;

/** The secret a program sends: {@code tf_} and 256 random bits in base64url. */
record ApiToken(String secret) {
    static final String PREFIX = "tf_";

    private static final int RANDOM_BYTES = 32;
    private static final int CHARACTERS = PREFIX.length() + 43;
    private static final SecureRandom RANDOM = new SecureRandom();

    ApiToken {
        if (!secret.startsWith(PREFIX) || secret.length() != CHARACTERS) {
            throw new IllegalArgumentException("an API token is " + PREFIX + " and 43 characters of base64url");
        }
    }

    static ApiToken random() {
        byte[] bytes = new byte[RANDOM_BYTES];
        RANDOM.nextBytes(bytes);
        return new ApiToken(PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(bytes));
    }

    byte[] hash() {
        try {
            return MessageDigest.getInstance("SHA-256").digest(secret.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    @Override
    public String toString() {
        return PREFIX + "…"; // Never in a log.
    }
}
