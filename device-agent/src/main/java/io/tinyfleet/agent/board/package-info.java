/** What this machine is, read from the files the kernel shows. */
@NullMarked
package io.tinyfleet.agent.board;

import org.jspecify.annotations.NullMarked;
