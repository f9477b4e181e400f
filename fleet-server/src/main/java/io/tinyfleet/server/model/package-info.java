/** What may run on devices: uploaded artifacts, models, and their signed, immutable releases. */
@NullMarked
package io.tinyfleet.server.model;

import org.jspecify.annotations.NullMarked;
