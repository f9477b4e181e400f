package io.tinyfleet.registry.cli.trust;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.trust.Dsse;
import io.tinyfleet.protocol.trust.PublicKeys;
import io.tinyfleet.protocol.trust.SigningKey;
import io.tinyfleet.protocol.trust.TrustException;
import io.tinyfleet.protocol.v1.KeyAlgorithm;
import io.tinyfleet.protocol.v1.PublicKey;
import io.tinyfleet.registry.cli.Refused;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * OpenSSF Model Signing 1.0 with a key: a Sigstore bundle 0.3 in JSON around a DSSE envelope around an in-toto statement
 * that names every file with its SHA-256. Certificates and keyless signatures are refused, never waved through.
 */
final class SigningBundle {
    static final int MAX_BYTES = 16 * 1024 * 1024;

    private static final String BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json";
    private static final String PAYLOAD = "application/vnd.in-toto+json";
    private static final String STATEMENT = "https://in-toto.io/Statement/v1";
    private static final String PREDICATE = "https://model_signing/signature/v1.0";
    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    private SigningBundle() {}

    static byte[] sign(String name, ModelFiles files, SigningKey key) {
        if (key.toPublicKey().getAlgorithm() != KeyAlgorithm.ECDSA_P256) {
            throw new Refused("a model signing bundle needs an ECDSA P-256 key: make one with"
                    + " tinyfleet trust key generate --algorithm ecdsa_p256");
        }
        byte[] statement = bytes(statement(name, files));
        ObjectNode bundle = JSON.createObjectNode().put("mediaType", BUNDLE);
        ObjectNode material = bundle.putObject("verificationMaterial");
        material.putObject("publicKey").put("hint", hint(key.publicPem()));
        material.putArray("tlogEntries");
        ObjectNode envelope = bundle.putObject("dsseEnvelope");
        envelope.put("payload", base64(statement)).put("payloadType", PAYLOAD);
        envelope.putArray("signatures")
                .addObject()
                .put("sig", base64(key.sign(Dsse.pae(PAYLOAD, statement))))
                .put("keyid", "");
        return bytes(bundle);
    }

    private static ObjectNode statement(String name, ModelFiles files) {
        ObjectNode statement = JSON.createObjectNode().put("_type", STATEMENT);
        statement
                .putArray("subject")
                .addObject()
                .put("name", name)
                .putObject("digest")
                .put("sha256", files.whole().hex());
        statement.put("predicateType", PREDICATE);
        ObjectNode predicate = statement.putObject("predicate");
        ArrayNode resources = predicate.putArray("resources");
        files.digests()
                .forEach((file, digest) -> resources
                        .addObject()
                        .put("name", file)
                        .put("digest", digest.hex())
                        .put("algorithm", "sha256"));
        ObjectNode serialization = predicate.putObject("serialization");
        serialization.put("method", "files").put("hash_type", "sha256").put("allow_symlinks", false);
        ArrayNode ignored = serialization.putArray("ignore_paths");
        ModelFiles.IGNORED.forEach(ignored::add);
        return statement;
    }

    /** Verified before the statement in it is read; refuses with a sentence that names the file. */
    static void verify(byte[] bundle, PublicKey key, ModelFiles files) {
        JsonNode tree = parse(bundle, "the bundle");
        require(BUNDLE.equals(tree.path("mediaType").asText()), "the bundle is no Sigstore bundle 0.3");
        JsonNode publicKey = tree.path("verificationMaterial").path("publicKey");
        require(
                publicKey.isObject(),
                "the bundle was not signed with a key (certificates and keyless signatures are not taken)");
        String hint = publicKey.path("hint").asText();
        require(
                hint.isEmpty()
                        || hint.equals(hint(SigningKey.publicPem(key.getSpki().toByteArray()))),
                "the bundle says that another key has signed it");
        JsonNode envelope = tree.path("dsseEnvelope");
        require(PAYLOAD.equals(envelope.path("payloadType").asText()), "the bundle's payload is no in-toto statement");
        require(envelope.path("signatures").size() == 1, "a bundle has exactly one signature");
        byte[] payload = decode(envelope.path("payload").asText());
        byte[] signature =
                decode(envelope.path("signatures").path(0).path("sig").asText());
        try {
            PublicKeys.requireSignature(key, Dsse.pae(PAYLOAD, payload), signature);
        } catch (TrustException e) {
            throw new Refused("the bundle is not signed with this key: " + e.getMessage(), e);
        }
        compare(parse(payload, "the statement"), files);
    }

    private static void compare(JsonNode statement, ModelFiles files) {
        require(
                STATEMENT.equals(statement.path("_type").asText())
                        && PREDICATE.equals(statement.path("predicateType").asText()),
                "the statement is not one of model signing 1.0");
        JsonNode serialization = statement.path("predicate").path("serialization");
        require(
                "files".equals(serialization.path("method").asText())
                        && "sha256".equals(serialization.path("hash_type").asText()),
                "only bundles that name whole files by SHA-256 are read");
        SortedMap<String, Digest> signed = new TreeMap<>();
        for (JsonNode resource : statement.path("predicate").path("resources")) {
            String name = resource.path("name").asText();
            try {
                boolean twice =
                        signed.put(name, Digest.parse(resource.path("digest").asText())) != null;
                require(!twice, "the statement names " + name + " twice");
            } catch (IllegalArgumentException e) {
                throw new Refused("the statement has no SHA-256 for " + name, e);
            }
        }
        Set<String> names = new TreeSet<>(signed.keySet());
        names.addAll(files.digests().keySet());
        for (String name : names) {
            Digest expected = signed.get(name);
            Digest actual = files.digests().get(name);
            require(expected != null, name + " is in the model and was not signed");
            require(actual != null, name + " was signed and is not in the model");
            require(expected != null && expected.equals(actual), name + " is not the file that was signed");
        }
        String whole =
                statement.path("subject").path(0).path("digest").path("sha256").asText();
        require(files.whole().hex().equals(whole), "the digest of the whole does not match the statement's");
    }

    /** How a bundle calls a key: SHA-256 of its PEM. */
    private static String hint(String pem) {
        return Digest.of(pem.getBytes(StandardCharsets.US_ASCII)).hex();
    }

    private static JsonNode parse(byte[] json, String what) {
        try {
            return JSON.readTree(json);
        } catch (JacksonException e) {
            throw new Refused(what + " is not JSON: " + e.getOriginalMessage(), e);
        } catch (IOException e) {
            throw new Refused(what + " cannot be read: " + e.getMessage(), e);
        }
    }

    private static byte[] bytes(ObjectNode json) {
        try {
            return JSON.writeValueAsBytes(json);
        } catch (JacksonException e) {
            throw new IllegalStateException("a tree is always JSON", e);
        }
    }

    private static byte[] decode(String base64) {
        try {
            return Base64.getDecoder().decode(base64);
        } catch (IllegalArgumentException e) {
            throw new Refused("the bundle has a field that is not Base64", e);
        }
    }

    private static String base64(byte[] bytes) {
        return Base64.getEncoder().encodeToString(bytes);
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new Refused(otherwise);
        }
    }
}
