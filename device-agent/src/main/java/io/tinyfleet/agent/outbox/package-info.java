/** What must reach the server is kept on disk until the server has stored it. */
@NullMarked
package io.tinyfleet.agent.outbox;

import org.jspecify.annotations.NullMarked;
