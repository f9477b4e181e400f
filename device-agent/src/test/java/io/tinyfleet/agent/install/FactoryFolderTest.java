package io.tinyfleet.agent.install;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tinyfleet.agent.fixture.FactoryFolders;
import io.tinyfleet.agent.fixture.SmallFleet;
import io.tinyfleet.agent.fixture.SmallFleet.Published;
import io.tinyfleet.agent.install.FactoryFolder.UnusableFactoryException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FactoryFolderTest {
    @TempDir
    Path temp;

    private final SmallFleet fleet = new SmallFleet();
    private final Published image = fleet.publish("0.9.0", 50_000);
    private final NioDisk disk = new NioDisk();
    private Path folder;

    @BeforeEach
    void write() throws IOException {
        folder = FactoryFolders.write(temp.resolve("factory"), fleet, image);
    }

    private void refused(String code, String words) {
        assertThatThrownBy(() -> new FactoryFolder(folder).read(disk))
                .isInstanceOfSatisfying(
                        UnusableFactoryException.class,
                        refusal -> assertThat(refusal.code()).isEqualTo(code))
                .hasMessageContaining(words);
    }

    @Test
    void a_folder_is_believed_by_the_root_in_it() throws Exception {
        FactoryFolder.Content content = new FactoryFolder(folder).read(disk);

        assertThat(content.release()).isEqualTo(image.release());
        assertThat(content.root().digest()).isEqualTo(fleet.root().digest());
        assertThat(content.files()).containsOnlyKeys(image.artifact());
    }

    @Test
    void a_release_that_the_root_s_keys_have_not_signed_is_refused() throws Exception {
        Files.write(
                folder.resolve("release.dsse"),
                new SmallFleet().publish("0.9.0", 50_000).envelope());

        refused("threshold-not-met", folder.toString());
    }

    @Test
    void a_release_of_another_model_than_the_folder_s_is_refused() throws Exception {
        Files.writeString(folder.resolve("factory.properties"), "model=faces\n");

        refused("wrong-model", "faces");
    }

    @Test
    void what_is_missing_or_too_large_or_says_nothing_is_named() throws Exception {
        Files.writeString(folder.resolve("factory.properties"), "name=vad\n");
        refused("malformed", "model=NAME");
        Files.write(folder.resolve("release.dsse"), new byte[70_000]);
        refused("too-large", "release.dsse");
        Files.delete(folder.resolve("root.dsse"));
        refused("no-folder", "root.dsse");
    }

    @Test
    void a_file_of_another_size_does_not_count() throws Exception {
        Files.write(FactoryFolders.file(folder, image), new byte[7]);

        assertThat(new FactoryFolder(folder).read(disk).files()).isEmpty();
    }

    @Test
    void the_store_finds_its_file_and_its_tidying_leaves_it() throws Exception {
        AgentHome home = new AgentHome(temp.resolve("home"));
        home.create(disk);
        ModelStore store = ModelStore.open(disk, home);
        assertThat(store.holds(image.artifact())).isFalse();
        store.findAlso(new FactoryFolder(folder).read(disk).files());

        assertThat(store.holds(image.artifact())).isTrue();
        assertThat(store.modelFile(image.artifact())).isEqualTo(FactoryFolders.file(folder, image));
        store.collectGarbage(Set.of());
        assertThat(FactoryFolders.file(folder, image)).hasBinaryContent(image.model());
        assertThat(store.holds(image.artifact())).isTrue();
    }

    @Test
    void a_whole_file_elsewhere_stands_in_for_a_rotten_one_in_the_home() throws Exception {
        AgentHome home = new AgentHome(temp.resolve("home"));
        home.create(disk);
        Files.createDirectories(home.model(image.artifact()).getParent());
        Files.write(home.model(image.artifact()), new byte[50_000]);
        ModelStore store = ModelStore.open(disk, home);
        store.findAlso(new FactoryFolder(folder).read(disk).files());

        assertThat(store.holds(image.artifact())).isTrue();
        assertThat(store.modelFile(image.artifact())).isEqualTo(FactoryFolders.file(folder, image));
    }

    @Test
    void a_rotten_file_is_not_held() throws Exception {
        byte[] rotten = image.model().clone();
        rotten[7] ^= 1;
        Files.write(FactoryFolders.file(folder, image), rotten);
        AgentHome home = new AgentHome(temp.resolve("home"));
        home.create(disk);
        ModelStore store = ModelStore.open(disk, home);
        store.findAlso(new FactoryFolder(folder).read(disk).files());

        assertThat(store.holds(image.artifact())).isFalse();
        assertThat(FactoryFolder.isWhole(disk, image.artifact(), FactoryFolders.file(folder, image)))
                .isFalse();
    }
}
