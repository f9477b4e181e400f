package io.tinyfleet.agent.install;

import java.io.IOException;

/** What a failed read or write says about the disk: a stable code for reports, and a sentence for people. */
public record DiskTrouble(String code, String sentence) {

    /** The words are Linux's own (strerror(3)); the JDK passes them on. */
    public static DiskTrouble of(IOException e) {
        String words = String.valueOf(e.getMessage());
        if (words.contains("No space left") || words.contains("quota exceeded")) {
            return new DiskTrouble("disk-full", "the disk is full: " + words);
        }
        if (words.contains("Read-only file system")) {
            return new DiskTrouble("disk-read-only", "the disk takes no writes: " + words);
        }
        return new DiskTrouble("disk-failed", "the disk did not take or give it: " + e);
    }
}
