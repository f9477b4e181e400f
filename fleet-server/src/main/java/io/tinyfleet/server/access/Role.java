package io.tinyfleet.server.access;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** What somebody may do. Giving a role gives those it includes, so that endpoints name one role only. */
public enum Role {
    VIEWER,
    DATA,
    OPERATOR,
    ADMIN;

    @JsonCreator
    public static Role of(String word) {
        return Arrays.stream(values())
                .filter(role -> role.word().equals(word))
                .findFirst()
                .orElseThrow(() ->
                        new IllegalArgumentException("must be one of viewer, data, operator, admin, got " + word));
    }

    @JsonValue
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The roles among these words; words of an outside identity provider that mean nothing here are left out. */
    static List<Role> known(Collection<String> words) {
        return Arrays.stream(values())
                .filter(role -> words.contains(role.word()))
                .toList();
    }

    private Set<Role> included() {
        return switch (this) {
            case VIEWER -> Set.of(VIEWER);
            case DATA -> Set.of(VIEWER, DATA);
            case OPERATOR -> Set.of(VIEWER, OPERATOR);
            case ADMIN -> Set.of(VIEWER, DATA, OPERATOR, ADMIN);
        };
    }

    /** The words of these roles and of all they include. */
    static SortedSet<String> words(Collection<Role> roles) {
        return roles.stream()
                .flatMap(role -> role.included().stream())
                .map(Role::word)
                .collect(Collectors.toCollection(TreeSet::new));
    }
}
