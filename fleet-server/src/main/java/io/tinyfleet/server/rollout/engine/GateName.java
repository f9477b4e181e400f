package io.tinyfleet.server.rollout.engine;

/** A gate's name, as API and database have it, for example "canary". */
public record GateName(String value) {
    public static final GateName CANARY = new GateName("canary");
    public static final GateName INSTALL = new GateName("install");
    public static final GateName LINK = new GateName("link");

    public GateName {
        if (!value.matches("[a-z][a-z-]{0,31}")) {
            throw new IllegalArgumentException("a gate's name matches [a-z][a-z-]{0,31}, got \"" + value + "\"");
        }
    }

    @Override
    public String toString() {
        return value;
    }
}
