package io.tinyfleet.server.delivery;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import java.time.Duration;

@ConfigMapping(prefix = "tinyfleet.delivery")
interface DeliveryConfig {
    /** How long a desired document is good for; a device refuses new installs from an older one. */
    @WithDefault("7D")
    Duration documentLife();

    /** A document older than this is signed anew when its device is online. */
    @WithDefault("3D")
    Duration resignAfter();

    /** How long the list of live releases is good for; a device installs nothing by an older one. */
    @WithDefault("7D")
    Duration headsLife();

    /** A list older than this is signed anew although nothing in it has changed. */
    @WithDefault("1D")
    Duration headsResignAfter();

    /** How long a model's floors are good for. */
    @WithDefault("365D")
    Duration floorsLife();

    /** How long the root is good for. */
    @WithDefault("365D")
    Duration rootLife();

    /** How long before its end the root is signed anew. */
    @WithDefault("60D")
    Duration rootRenewBefore();

    /** A clock this far behind the last signature is broken, and nothing is signed by it. */
    @WithDefault("1D")
    Duration clockTolerance();

    /**
     * Sign only while the operating system says that its clock is synchronised (timesyncd, chrony or ntpd). Off in the
     * quick start: a laptop or a container often has nobody who says so.
     */
    @WithDefault("false")
    boolean requireSynchronisedClock();

    /** How long the relay waits for the broker to take one batch of documents. */
    @WithDefault("10S")
    Duration publishTimeout();

    /** Documents signed and sent in one go. */
    @WithDefault("128")
    @Min(1) @Max(1000) int batch();

    /** The longest the relay waits before it offers a document to the broker again. */
    @WithDefault("30S")
    Duration maxBackOff();

    /** Chunks handed to the broker link at once, over all devices. */
    @WithDefault("32")
    @Min(1) @Max(1024) int chunksInFlight();

    /** How long to wait for room on the way to the broker before the rest of a need is left to its repetition. */
    @WithDefault("5S")
    Duration chunkRoomWait();

    /** A need older than this is forgotten: its device has asked again since. */
    @WithDefault("30S")
    Duration needMaxAge();

    /** More devices than this must want a blob and not have it, before it is offered to be sent to all at once. */
    @WithDefault("4")
    @Min(1) int sharedOverDevices();

    /** How long devices' needs of a shared blob are gathered before it is sent. */
    @WithDefault("2S")
    Duration sharedGathering();

    /** Bytes of chunks for all that this replica sends in a second. */
    @WithDefault("2097152")
    @Min(65_536) long sharedBytesPerSecond();

    /** Blobs that this replica sends to all at the same time; the others wait. */
    @WithDefault("4")
    @Min(1) @Max(64) int sharedBlobsAtOnce();

    /** How long a replica may be silent before another one takes its shared blob over. */
    @WithDefault("5S")
    Duration sharedLease();

    /** How long a link to a blob is good for. */
    @WithDefault("15M")
    Duration linkLife();
}
