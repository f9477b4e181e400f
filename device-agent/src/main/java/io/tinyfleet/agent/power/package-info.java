/** What inference costs in energy, each figure under the label of how it is known. */
@NullMarked
package io.tinyfleet.agent.power;

import org.jspecify.annotations.NullMarked;
