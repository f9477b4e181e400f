/** The connection to the broker. The only package that knows Paho. */
@NullMarked
package io.tinyfleet.agent.link;

import org.jspecify.annotations.NullMarked;
