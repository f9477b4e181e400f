package io.tinyfleet.server.access;

import java.util.List;

/** Somebody who is known, with the roles given to them. */
record Person(String name, List<Role> roles) {
    Person {
        roles = List.copyOf(roles);
    }
}
