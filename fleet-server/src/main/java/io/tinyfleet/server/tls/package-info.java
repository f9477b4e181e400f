/** The certificates of the device link: the server's own authorities, and the certificate its broker shows. */
@NullMarked
package io.tinyfleet.server.tls;

import org.jspecify.annotations.NullMarked;
