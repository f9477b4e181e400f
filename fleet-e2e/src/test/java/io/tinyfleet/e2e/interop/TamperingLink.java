package io.tinyfleet.e2e.interop;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

/**
 * A link with somebody on it who has stolen the broker's key: ends TLS towards the client, speaks TLS to a port of this
 * machine, and when told to changes one bit of the next desired document that goes to the client. Encryption does not
 * help the device then; the signature must.
 */
final class TamperingLink implements AutoCloseable {

    private static final int BUFFER_BYTES = 8 * 1024;
    private static final byte[] PAYLOAD_TYPE =
            "application/vnd.tinyfleet.desired.v1+protobuf".getBytes(StandardCharsets.US_ASCII);
    /** Behind the type come a tag, a length of two bytes and a payload of some hundred: this is well within it. */
    private static final int BYTES_BEHIND_TYPE = 40;

    private final ServerSocket listener;
    private final int targetPort;
    private final Path stolen;
    private final AtomicBoolean armed = new AtomicBoolean();

    /** @param stolen PEM file with the broker's key and certificate; read when the first client comes */
    TamperingLink(int targetPort, Path stolen) throws IOException {
        this.targetPort = targetPort;
        this.stolen = stolen;
        this.listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        daemon(this::accept, "tampering-accept");
    }

    int port() {
        return listener.getLocalPort();
    }

    void tamperWithNextDesired() {
        armed.set(true);
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket client = listener.accept();
                SSLContext broker = broker();
                SSLSocket inside =
                        (SSLSocket) broker.getSocketFactory().createSocket(client, "client", client.getPort(), true);
                inside.setUseClientMode(false);
                Socket target = broker.getSocketFactory().createSocket(InetAddress.getLoopbackAddress(), targetPort);
                daemon(() -> pump(inside, target, false), "tampering-up");
                daemon(() -> pump(target, inside, true), "tampering-down");
            } catch (IOException | GeneralSecurityException refused) {
                // The target is down or the link is closed: the client sees a closed connection and tries again.
                if (listener.isClosed()) {
                    return;
                }
            }
        }
    }

    /** Shows what was stolen, and believes whoever shows the same. */
    private SSLContext broker() throws IOException, GeneralSecurityException {
        String pem = Files.readString(stolen);
        X509Certificate certificate = (X509Certificate) CertificateFactory.getInstance("X.509")
                .generateCertificate(new ByteArrayInputStream(
                        pem.substring(pem.indexOf("-----BEGIN CERTIFICATE")).getBytes(StandardCharsets.US_ASCII)));
        byte[] key = Base64.getMimeDecoder()
                .decode(pem.substring(0, pem.indexOf("-----END PRIVATE")).replace("-----BEGIN PRIVATE KEY-----", ""));
        char[] password = "stolen".toCharArray();
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, password);
        store.setKeyEntry(
                "broker",
                KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(key)),
                password,
                new X509Certificate[] {certificate});
        store.setCertificateEntry("itself", certificate);
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(store, password);
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
        return context;
    }

    private void pump(Socket from, Socket to, boolean toClient) {
        byte[] buffer = new byte[BUFFER_BYTES];
        Reader reader = new Reader();
        try (from;
                to) {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                if (toClient) {
                    reader.pass(buffer, read);
                }
                out.write(buffer, 0, read);
            }
        } catch (IOException closed) {
            // One side went away: leaving closes both, as a broken link does.
            return;
        }
    }

    /** Follows one stream byte by byte, as a document may come in several pieces. */
    private final class Reader {
        private int matched;
        private int behind = -1;

        void pass(byte[] buffer, int length) {
            for (int at = 0; at < length; at++) {
                if (behind >= 0 && ++behind == BYTES_BEHIND_TYPE) {
                    behind = -1;
                    if (armed.compareAndSet(true, false)) {
                        buffer[at] ^= 1;
                    }
                }
                if (buffer[at] != PAYLOAD_TYPE[matched]) {
                    matched = 0;
                }
                if (buffer[at] == PAYLOAD_TYPE[matched] && ++matched == PAYLOAD_TYPE.length) {
                    matched = 0;
                    behind = 0;
                }
            }
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
    }

    private static void daemon(Runnable task, String name) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        thread.start();
    }
}
