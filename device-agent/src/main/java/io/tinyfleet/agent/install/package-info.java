/** Installation on disk, safe at every line: layout, journal, state, blobs and models. */
@NullMarked
package io.tinyfleet.agent.install;

import org.jspecify.annotations.NullMarked;
