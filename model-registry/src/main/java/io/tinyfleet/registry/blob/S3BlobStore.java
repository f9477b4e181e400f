package io.tinyfleet.registry.blob;

import io.tinyfleet.protocol.Digest;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3ClientBuilder;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.NoSuchKeyException;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.s3.model.S3Object;

/**
 * A {@link BlobStore} in a bucket of an S3-compatible store: the object {@code PREFIX/ab/cdef…} for the digest
 * {@code abcdef…}. A blob's name is known when all of it was read, so it is received into a local file first and sent
 * from there, in parts of {@value #PART_BYTES} bytes; nothing larger than a part's buffer is in memory. Credentials come
 * from where the SDK looks for them (environment, profile, instance role), never from the URL.
 */
public final class S3BlobStore implements BlobStore, AutoCloseable {
    /** S3 takes 10,000 parts, so this allows 160 GB. */
    static final long PART_BYTES = 16L * 1024 * 1024;

    private static final int FOLDER_CHARACTERS = 2;
    private static final int NOT_FOUND = 404;

    private final S3Client client;
    private final S3Location location;
    private final Path incoming;

    private S3BlobStore(S3Client client, S3Location location, Path incoming) {
        this.client = client;
        this.location = location;
        this.incoming = incoming;
    }

    /**
     * Opens the store.
     *
     * @param incoming a local folder for what is being received; cleared here, and for this process alone
     * @throws IOException when the bucket cannot be reached or is not there
     */
    public static S3BlobStore open(S3Location location, Path incoming) throws IOException {
        LeftBehind.clear(incoming);
        S3ClientBuilder builder = S3Client.builder()
                .httpClientBuilder(UrlConnectionHttpClient.builder())
                .region(Region.of(location.region()))
                .forcePathStyle(location.pathStyle())
                // Not every S3-compatible store knows the newer checksums; a blob's own digest is checked anyway.
                .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
                .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED);
        location.endpoint().ifPresent(builder::endpointOverride);
        S3Client client = builder.build();
        try {
            client.headBucket(request -> request.bucket(location.bucket()));
        } catch (SdkException e) {
            client.close();
            throw failure("the bucket of " + location + " cannot be reached", e);
        }
        return new S3BlobStore(client, location, incoming);
    }

    @Override
    public void close() {
        client.close();
    }

    @Override
    public Stored put(InputStream content, long maxBytes) throws IOException {
        Path temporary = Files.createTempFile(incoming, "put-", ".part");
        try {
            ReceivedFile received = ReceivedFile.receive(content, maxBytes, temporary);
            String key = keyOf(received.digest());
            boolean fresh = find(received.digest()).isEmpty();
            // Also over an object that is there already: its time becomes new, which keeps it from being collected.
            if (received.size() <= PART_BYTES) {
                client.putObject(
                        request -> request.bucket(location.bucket()).key(key), RequestBody.fromFile(temporary));
            } else {
                putInParts(temporary, received.size(), key);
            }
            return new Stored(received.digest(), received.size(), fresh);
        } catch (SdkException e) {
            throw failure("a blob cannot be stored in " + location, e);
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    private void putInParts(Path file, long size, String key) throws IOException {
        String upload = client.createMultipartUpload(
                        request -> request.bucket(location.bucket()).key(key))
                .uploadId();
        try {
            List<CompletedPart> parts = new ArrayList<>();
            for (long at = 0; at < size; at += PART_BYTES) {
                int number = parts.size() + 1;
                String etag = client.uploadPart(
                                request -> request.bucket(location.bucket())
                                        .key(key)
                                        .uploadId(upload)
                                        .partNumber(number),
                                part(file, at, Math.min(PART_BYTES, size - at)))
                        .eTag();
                parts.add(CompletedPart.builder().partNumber(number).eTag(etag).build());
            }
            client.completeMultipartUpload(request -> request.bucket(location.bucket())
                    .key(key)
                    .uploadId(upload)
                    .multipartUpload(all -> all.parts(parts)));
        } catch (SdkException e) {
            abandon(key, upload);
            throw failure("a blob cannot be stored in " + location, e);
        }
    }

    /** Parts that nobody completes cost money. */
    private void abandon(String key, String upload) {
        try {
            client.abortMultipartUpload(
                    request -> request.bucket(location.bucket()).key(key).uploadId(upload));
        } catch (SdkException e) {
            // The store is out of reach: its own rule for incomplete uploads has to clear up.
            return;
        }
    }

    /** A stretch of the file, opened anew for each try. */
    private static RequestBody part(Path file, long at, long length) {
        return RequestBody.fromContentProvider(() -> open(file, at, length), length, "application/octet-stream");
    }

    private static InputStream open(Path file, long at, long length) {
        try {
            FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
            channel.position(at);
            return new Stretch(Channels.newInputStream(channel), length);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException("the received file cannot be read", e);
        }
    }

    @Override
    public Optional<BlobHandle> find(Digest digest) {
        try {
            HeadObjectResponse head = client.headObject(
                    request -> request.bucket(location.bucket()).key(keyOf(digest)));
            return Optional.of(new S3Blob(digest, head.contentLength()));
        } catch (NoSuchKeyException e) {
            return Optional.empty();
        } catch (S3Exception e) {
            if (e.statusCode() == NOT_FOUND) {
                return Optional.empty();
            }
            throw new java.io.UncheckedIOException(failure("cannot look at blob " + digest.shortHex(), e));
        } catch (SdkException e) {
            throw new java.io.UncheckedIOException(failure("cannot look at blob " + digest.shortHex(), e));
        }
    }

    @Override
    public void forEach(Consumer<StoredBlob> visitor) throws IOException {
        try {
            client.listObjectsV2Paginator(
                            request -> request.bucket(location.bucket()).prefix(location.prefix()))
                    .contents()
                    .forEach(object -> digestOf(object)
                            .ifPresent(digest ->
                                    visitor.accept(new StoredBlob(digest, object.size(), object.lastModified()))));
        } catch (SdkException e) {
            throw failure("the blobs of " + location + " cannot be listed", e);
        }
    }

    @Override
    public boolean deleteIfStoredBefore(Digest digest, Instant cutoff) throws IOException {
        String key = keyOf(digest);
        try {
            HeadObjectResponse head = client.headObject(
                    request -> request.bucket(location.bucket()).key(key));
            if (!head.lastModified().isBefore(cutoff)) {
                return false;
            }
            client.deleteObject(request -> request.bucket(location.bucket()).key(key));
            return true;
        } catch (SdkException e) {
            if (e instanceof S3Exception answer && answer.statusCode() == NOT_FOUND) {
                return false;
            }
            throw failure("blob " + digest.shortHex() + " cannot be removed", e);
        }
    }

    private String keyOf(Digest digest) {
        String hex = digest.hex();
        return location.prefix() + hex.substring(0, FOLDER_CHARACTERS) + "/" + hex.substring(FOLDER_CHARACTERS);
    }

    /** What has no digest for a name was not put here by this class, and is left alone. */
    private Optional<Digest> digestOf(S3Object object) {
        String name = object.key().substring(location.prefix().length());
        try {
            Digest digest = Digest.parse(name.replace("/", ""));
            return keyOf(digest).equals(object.key()) ? Optional.of(digest) : Optional.empty();
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private static IOException failure(String what, SdkException cause) {
        return new IOException(what + ": " + cause.getMessage(), cause);
    }

    private final class S3Blob implements BlobHandle {
        private final Digest digest;
        private final long size;

        S3Blob(Digest digest, long size) {
            this.digest = digest;
            this.size = size;
        }

        @Override
        public Digest digest() {
            return digest;
        }

        @Override
        public long size() {
            return size;
        }

        @Override
        public byte[] read(long offset, int length) throws IOException {
            if (offset < 0 || offset > size || length < 0) {
                throw new IndexOutOfBoundsException(
                        "no " + length + " bytes at " + offset + " in a blob of " + size + " bytes");
            }
            int wanted = (int) Math.min(length, size - offset);
            if (wanted == 0) {
                return new byte[0];
            }
            try (InputStream piece = get(Optional.of("bytes=" + offset + "-" + (offset + wanted - 1)))) {
                byte[] bytes = piece.readNBytes(wanted);
                if (bytes.length < wanted) {
                    throw new EOFException("blob " + digest.shortHex() + " is shorter than its " + size + " bytes");
                }
                return bytes;
            }
        }

        @Override
        public InputStream open() throws IOException {
            return get(Optional.empty());
        }

        private ResponseInputStream<GetObjectResponse> get(Optional<String> range) throws IOException {
            try {
                return client.getObject(request -> {
                    request.bucket(location.bucket()).key(keyOf(digest));
                    range.ifPresent(request::range);
                });
            } catch (SdkException e) {
                throw failure("blob " + digest.shortHex() + " cannot be read", e);
            }
        }
    }
}
