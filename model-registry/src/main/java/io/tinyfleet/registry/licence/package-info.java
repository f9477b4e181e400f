/** Licences as SPDX writes them. */
@NullMarked
package io.tinyfleet.registry.licence;

import org.jspecify.annotations.NullMarked;
