// Fetches the pinned models of models.json with npm into a folder: those of the
// tests (all), of the demonstration (demo), or also the large ones.
// Does nothing when every file is there with the right SHA-256. Refuses anything that differs from its pin.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const sha256 = (file) => createHash("sha256").update(readFileSync(file)).digest("hex");

class Refusal extends Error {}

function refuse(sentence) {
  throw new Refusal(sentence);
}

process.on("uncaughtException", (failure) => {
  console.error(failure instanceof Refusal ? `models: ${failure.message}` : failure);
  process.exit(1);
});

const [folder, set = "all", ...rest] = process.argv.slice(2);
if (!folder || !["all", "demo", "large"].includes(set) || rest.length > 0) refuse("usage: node fetch.mjs FOLDER [all|demo|large]");
const target = resolve(folder);
const here = dirname(fileURLToPath(import.meta.url));
const { packages } = JSON.parse(readFileSync(join(here, "models.json"), "utf8"));

mkdirSync(target, { recursive: true });
for (const pkg of packages) {
  if ((set === "demo" && !pkg.demo) || (set !== "large" && pkg.large)) continue;
  const wanted = pkg.files.filter((file) => {
    const path = join(target, file.name);
    return !existsSync(path) || sha256(path) !== file.sha256;
  });
  if (wanted.length === 0) continue;

  const spec = `${pkg.npm}@${pkg.version}`;
  console.log(`models: fetching ${spec} with npm`);
  const work = mkdtempSync(join(tmpdir(), "tinyfleet-models-"));
  try {
    let packed;
    try {
      packed = execFileSync("npm", ["pack", "--silent", "--pack-destination", work, spec], {
        encoding: "utf8",
        stdio: ["ignore", "pipe", "inherit"],
      });
    } catch (failure) {
      refuse(`npm could not fetch ${spec} (${failure.message}); check the network and run the build again`);
    }
    const tarball = join(work, packed.trim().split("\n").at(-1));
    const got = sha256(tarball);
    if (got !== pkg.sha256) refuse(`${spec} has SHA-256 ${got}, pinned is ${pkg.sha256}; nothing was kept`);
    execFileSync("tar", ["-xzf", tarball, "-C", work, ...wanted.map((file) => file.path)]);
    for (const file of wanted) {
      const unpacked = join(work, file.path);
      const digest = sha256(unpacked);
      if (digest !== file.sha256) refuse(`${file.name} has SHA-256 ${digest}, pinned is ${file.sha256}`);
      const aside = join(target, `${file.name}.part`);
      execFileSync("cp", [unpacked, aside]);
      renameSync(aside, join(target, file.name));
      console.log(`models: ${file.name} (${file.licence}) is in place`);
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
