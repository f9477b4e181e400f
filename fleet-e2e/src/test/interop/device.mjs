// A device in Node, written from docs/protocol.md and the .proto files alone.
//   node device.mjs enrol --home FOLDER --server URL --token TOKEN --id ID
//   node device.mjs run --home FOLDER
import { parseArgs } from "node:util";
import { enrol } from "./enrol.mjs";
import { Device } from "./run.mjs";
import { Home } from "./store.mjs";

const OPTIONS = {
  home: { type: "string" },
  server: { type: "string" },
  token: { type: "string" },
  id: { type: "string" },
  "hardware-class": { type: "string", default: "generic-x86_64" },
};

const { values, positionals } = parseArgs({ options: OPTIONS, allowPositionals: true });
const [verb] = positionals;
if (!values.home || (verb !== "enrol" && verb !== "run")) {
  console.error("usage: node device.mjs enrol --home FOLDER --server URL --token TOKEN --id ID | run --home FOLDER");
  process.exit(2);
}
const home = new Home(values.home);
if (verb === "enrol") {
  await enrol(home, { ...values, hardwareClass: values["hardware-class"] });
} else {
  const device = new Device(home);
  for (const signal of ["SIGTERM", "SIGINT"]) process.once(signal, () => device.goodbye().then(() => process.exit(0)));
  device.start();
}
