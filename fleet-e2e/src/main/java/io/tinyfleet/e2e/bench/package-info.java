/** Preparations and measurements behind {@code ./bench}. */
@NullMarked
package io.tinyfleet.e2e.bench;

import org.jspecify.annotations.NullMarked;
