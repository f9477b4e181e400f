/** What a declared pipeline must be, the same for who signs it and for who runs it. */
@NullMarked
package io.tinyfleet.protocol.pipeline;

import org.jspecify.annotations.NullMarked;
