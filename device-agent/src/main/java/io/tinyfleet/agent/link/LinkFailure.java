package io.tinyfleet.agent.link;

import java.io.EOFException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.security.cert.CertificateException;
import javax.net.ssl.SSLException;

/** What to tell a person of a connection that did not come about. */
public final class LinkFailure {
    private static final int MAX_CAUSES = 10;

    private LinkFailure() {}

    /** One sentence on the innermost cause that says something. */
    public static String explain(Throwable failure, String url) {
        Throwable cause = failure;
        for (int i = 0; i < MAX_CAUSES; i++) {
            if (cause instanceof CertificateException) {
                return String.valueOf(cause.getMessage());
            }
            if (cause.getCause() == null) {
                break;
            }
            cause = cause.getCause();
        }
        if (cause instanceof UnknownHostException) {
            return "no address is known for " + cause.getMessage() + ": is the name right, does name resolution work?";
        }
        if (cause instanceof ConnectException || cause instanceof NoRouteToHostException) {
            return "nothing answers at " + url + " (" + cause.getMessage() + ")";
        }
        if (cause instanceof SocketTimeoutException) {
            return "no answer from " + url + " in time";
        }
        if (cause instanceof EOFException && url.startsWith("tcp:")) {
            return url + " ended the connection before it answered: perhaps it wants ssl://";
        }
        if (cause instanceof SSLException || (url.startsWith("ssl:") && cause instanceof IOException)) {
            return "no encrypted connection to " + url + ": " + cause.getMessage();
        }
        return String.valueOf(cause);
    }
}
