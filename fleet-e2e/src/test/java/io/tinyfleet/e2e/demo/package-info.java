/** Stories and power cuts over real processes. */
@NullMarked
package io.tinyfleet.e2e.demo;

import org.jspecify.annotations.NullMarked;
