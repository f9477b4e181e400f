package io.tinyfleet.registry.imports;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import org.yaml.snakeyaml.LoaderOptions;

/**
 * YAML from outside as a tree of plain values: an alias is not expanded, a tag makes no object, one document, at most
 * {@value #MAX_BYTES} bytes and {@value #MAX_NESTING} levels.
 */
public final class PlainYaml {
    public static final int MAX_BYTES = 1024 * 1024;
    static final int MAX_NESTING = 32;

    private PlainYaml() {}

    public static YAMLMapper mapper() {
        LoaderOptions limits = new LoaderOptions();
        limits.setCodePointLimit(MAX_BYTES);
        limits.setNestingDepthLimit(MAX_NESTING);
        limits.setMaxAliasesForCollections(0);
        limits.setAllowDuplicateKeys(false);
        YAMLMapper yaml = new YAMLMapper(YAMLFactory.builder()
                .loaderOptions(limits)
                .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
                .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
                .build());
        yaml.enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION);
        yaml.enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
        return yaml;
    }
}
