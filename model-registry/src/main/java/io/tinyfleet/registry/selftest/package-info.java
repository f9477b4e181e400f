/** Makes the questions and answers by which a device tests a model before it runs it. */
@NullMarked
package io.tinyfleet.registry.selftest;

import org.jspecify.annotations.NullMarked;
