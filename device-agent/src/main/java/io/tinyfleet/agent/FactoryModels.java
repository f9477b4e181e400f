package io.tinyfleet.agent;

import io.tinyfleet.agent.install.Disk;
import io.tinyfleet.agent.install.FactoryFolder;
import io.tinyfleet.agent.install.ModelStore;
import io.tinyfleet.agent.reconcile.DeviceLimits;
import io.tinyfleet.agent.reconcile.Factory;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.SlotName;
import io.tinyfleet.protocol.trust.Releases;
import io.tinyfleet.protocol.trust.TrustException;
import io.tinyfleet.protocol.trust.TrustedRoot;
import io.tinyfleet.protocol.v1.Variant;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BiFunction;

/** The folders of {@code slot.NAME.factory}, read once at the start. */
final class FactoryModels {
    private final Disk disk;
    private final Map<SlotName, FactoryFolder> folders = new TreeMap<>();

    FactoryModels(Disk disk, AgentSettings settings) {
        this.disk = disk;
        settings.slots().forEach((name, slot) -> {
            Path folder = slot.factory();
            if (folder != null) {
                folders.put(name, new FactoryFolder(folder));
            }
        });
    }

    /** What an agent that is not enrolled goes by; empty when no folder is usable. */
    Optional<TrustedRoot> findRoot() {
        for (FactoryFolder folder : folders.values()) {
            try {
                return Optional.of(folder.read(disk).root());
            } catch (FactoryFolder.UnusableFactoryException e) {
                // Said when the loop looks at all of them.
                continue;
            }
        }
        return Optional.empty();
    }

    /** Each folder looked at from the root to the last byte of its files. */
    List<Finding> check() {
        List<Finding> findings = new ArrayList<>();
        folders.forEach((name, folder) -> findings.add(check(name, folder)));
        return findings;
    }

    private Finding check(SlotName name, FactoryFolder folder) {
        try {
            FactoryFolder.Content content = folder.read(disk);
            String release =
                    content.release().getModel() + " " + content.release().getVersion();
            if (content.files().isEmpty()) {
                return unusable(name, folder, "it holds " + release + " and no file of it with the right size");
            }
            for (Map.Entry<Digest, Path> file : content.files().entrySet()) {
                if (!FactoryFolder.isWhole(disk, file.getKey(), file.getValue())) {
                    return unusable(name, folder, file.getValue() + " no longer has its hash");
                }
            }
            return Finding.ok(
                    "factory",
                    "slot " + name + ": " + release + ", " + content.files().size() + " of "
                            + content.release().getVariantsCount() + " variants, signed and whole");
        } catch (FactoryFolder.UnusableFactoryException e) {
            return unusable(name, folder, e.code() + ", " + e.getMessage());
        } catch (IOException e) {
            return unusable(name, folder, "it cannot be read: " + e);
        }
    }

    private static Finding unusable(SlotName name, FactoryFolder folder, String why) {
        return Finding.fail(
                "factory",
                "slot " + name + ": " + why,
                "write " + folder.folder() + " anew with tinyfleet release export, or take slot." + name
                        + ".factory out of agent.properties");
    }

    /** Whether the fleet's own root would still let these releases be installed; they run either way. */
    List<Finding> compare(TrustedRoot fleet) {
        List<Finding> findings = new ArrayList<>();
        folders.forEach((name, folder) -> {
            try {
                FactoryFolder.Content content = folder.read(disk);
                Releases.verify(fleet, content.release().getModel(), content.envelope());
            } catch (FactoryFolder.UnusableFactoryException e) {
                // The check has said so.
                return;
            } catch (TrustException e) {
                findings.add(Finding.warn(
                        "factory",
                        "slot " + name + ": the fleet's root no longer takes its signature (" + e.code()
                                + "); it would run all the same",
                        "put a factory model into the image that today's keys have signed"));
            }
        });
        return findings;
    }

    /**
     * Reads the folders, and has the store find their files from now on.
     *
     * @param limits of this device for a variant in a slot
     */
    Map<SlotName, Factory> look(ModelStore store, BiFunction<SlotName, Variant, DeviceLimits> limits) {
        Map<SlotName, Factory> factories = new TreeMap<>();
        folders.forEach((name, folder) -> {
            try {
                FactoryFolder.Content content = folder.read(disk);
                store.findAlso(content.files());
                factories.put(
                        name,
                        Factory.choose(
                                content.release(), content.files().keySet(), variant -> limits.apply(name, variant)));
            } catch (FactoryFolder.UnusableFactoryException e) {
                factories.put(name, new Factory.Unusable(e.code(), String.valueOf(e.getMessage())));
            }
        });
        return factories;
    }
}
