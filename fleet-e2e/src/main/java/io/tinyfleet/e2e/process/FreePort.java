package io.tinyfleet.e2e.process;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;

/** A port on the loopback address that was free a moment ago, for servers that must come back on the same one. */
public final class FreePort {

    private FreePort() {}

    /** The wanted port if nobody has it, else any free one. */
    public static int takeOr(int wanted) throws IOException {
        try (ServerSocket socket = new ServerSocket(wanted, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (BindException taken) {
            return take();
        }
    }

    public static int take() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
