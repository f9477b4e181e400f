// Becoming known (docs/protocol.md, section 1).
import { createPrivateKey, createPublicKey, generateKeyPairSync, sign } from "node:crypto";
import { pae, sha256 } from "./dsse.mjs";
import { verifyRoot } from "./trust.mjs";
import { hex } from "./wire.mjs";

const ENROL_TYPE = "application/vnd.tinyfleet.enrol.v1";
const REQUEST_LIMIT_MILLIS = 30_000;

function ownKey(home) {
  if (!home.has("key.pem")) {
    const { privateKey } = generateKeyPairSync("ed25519");
    home.write("key.pem", privateKey.export({ format: "pem", type: "pkcs8" }));
  }
  return createPrivateKey(home.read("key.pem"));
}

/** Each part behind its length in bytes as a 16-bit big-endian number. */
function proofBody(...parts) {
  return Buffer.concat(
    parts.flatMap((part) => {
      const length = Buffer.alloc(2);
      length.writeUInt16BE(part.length);
      return [length, part];
    }),
  );
}

export async function enrol(home, { server, token, id, hardwareClass }) {
  const key = ownKey(home);
  const publicKey = createPublicKey(key).export({ format: "der", type: "spki" });
  const body = proofBody(Buffer.from(token), Buffer.from(id ?? ""), publicKey);
  const response = await fetch(new URL("/api/v1/enrol", server), {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    signal: AbortSignal.timeout(REQUEST_LIMIT_MILLIS),
    body: JSON.stringify({
      token,
      deviceId: id,
      publicKey: publicKey.toString("base64"),
      proof: sign(null, pae(ENROL_TYPE, body), key).toString("base64"),
      hardwareClass,
    }),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(`the server refused with ${response.status}, ${answer.code}: ${answer.detail ?? answer.title}`);
  const root = Buffer.from(answer.root, "base64");
  if (hex(sha256(root)) !== answer.rootSha256) throw new Error("the root's digest is not the one that came with it");
  const { version } = verifyRoot(root);
  home.write("root.bin", root);
  home.writeJson("identity.json", { deviceId: answer.deviceId, kind: answer.kind, hardwareClass, mqtt: answer.mqtt });
  console.log(`ENROLLED ${answer.deviceId} ${answer.kind}, root ${version}`);
}
