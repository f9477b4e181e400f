/** What is inside a model file, read without trusting it. */
@NullMarked
package io.tinyfleet.registry.inspect;

import org.jspecify.annotations.NullMarked;
