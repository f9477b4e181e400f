/** Agents that are killed and robbed of what they wrote, over a stand-in for the server. */
@NullMarked
package io.tinyfleet.e2e.faults;

import org.jspecify.annotations.NullMarked;
