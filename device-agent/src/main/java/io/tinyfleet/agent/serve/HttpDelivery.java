package io.tinyfleet.agent.serve;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;

/** Each result as one POST. Whatever is not answered with 2xx within its time is sent again later. */
public final class HttpDelivery implements QueuedSink.Delivery {

    private static final int TIMEOUT_MILLIS = 5_000;

    private final URI url;

    public HttpDelivery(URI url) {
        this.url = url;
    }

    @Override
    public void deliver(String json) throws IOException {
        HttpURLConnection connection = (HttpURLConnection) url.toURL().openConnection();
        connection.setConnectTimeout(TIMEOUT_MILLIS);
        connection.setReadTimeout(TIMEOUT_MILLIS);
        connection.setInstanceFollowRedirects(false);
        connection.setRequestMethod("POST");
        connection.setRequestProperty("Content-Type", "application/json");
        connection.setDoOutput(true);
        byte[] body = json.getBytes(StandardCharsets.UTF_8);
        connection.setFixedLengthStreamingMode(body.length);
        try (OutputStream out = connection.getOutputStream()) {
            out.write(body);
        }
        int status = connection.getResponseCode();
        if (status < 200 || status > 299) {
            connection.disconnect();
            throw new IOException("it answered " + status);
        }
        try (InputStream in = connection.getInputStream()) {
            // Read to its end, so that the connection can be used again.
            in.skipNBytes(Math.max(0, Math.min(connection.getContentLength(), 64 * 1024)));
        }
    }

    @Override
    public void close() {}
}
