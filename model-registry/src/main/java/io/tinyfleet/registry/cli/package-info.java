/** The command line {@code tinyfleet} for data teams, key holders and CI. */
@NullMarked
package io.tinyfleet.registry.cli;

import org.jspecify.annotations.NullMarked;
