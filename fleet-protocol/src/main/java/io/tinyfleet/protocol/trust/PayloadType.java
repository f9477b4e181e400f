package io.tinyfleet.protocol.trust;

/** What an envelope holds. The media type is signed together with the payload, and each place takes exactly one. */
public enum PayloadType {
    /** {@code Root}. */
    ROOT("root"),
    /** {@code Release}. */
    RELEASE("release"),
    /** {@code Desired}. */
    DESIRED("desired"),
    /** The fresh list of live releases. */
    HEADS("heads"),
    /** The lowest security version of a model. */
    FLOORS("floors");

    private final String mediaType;

    PayloadType(String word) {
        mediaType = "application/vnd.tinyfleet." + word + ".v1+protobuf";
    }

    /** Such as {@code application/vnd.tinyfleet.desired.v1+protobuf}. */
    public String mediaType() {
        return mediaType;
    }
}
