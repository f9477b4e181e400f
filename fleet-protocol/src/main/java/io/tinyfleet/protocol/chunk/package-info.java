/** How a blob is cut into chunks that are verified one by one. */
@NullMarked
package io.tinyfleet.protocol.chunk;

import org.jspecify.annotations.NullMarked;
