/** The other main class of the installation: one process that holds one model. */
@NullMarked
package io.tinyfleet.agent.runtime.worker;

import org.jspecify.annotations.NullMarked;
