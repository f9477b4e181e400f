/** Bytes kept by their SHA-256. */
@NullMarked
package io.tinyfleet.registry.blob;

import org.jspecify.annotations.NullMarked;
