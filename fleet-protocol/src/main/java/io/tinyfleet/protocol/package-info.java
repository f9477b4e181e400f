/** What server and device say to each other: ids, topics, limits and the reading of messages. */
@NullMarked
package io.tinyfleet.protocol;

import org.jspecify.annotations.NullMarked;
