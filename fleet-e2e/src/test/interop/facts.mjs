// What this device is, and whether a variant fits it.
import { existsSync, statfsSync } from "node:fs";
import { arch, release, totalmem, type } from "node:os";
import { RUNTIME } from "./runtime.mjs";

const ARCHITECTURES = { x64: "x86_64", arm64: "aarch64" };

/** Linux says so when its time service has set the clock; a device that does not know must say no. */
export const isSynchronised = () => existsSync("/run/systemd/timesync/synchronized");

export function readFacts(home, hardwareClass) {
  const disk = statfsSync(home);
  const glibc = process.report.getReport().header.glibcVersionRuntime;
  return {
    agentVersion: "interop/1.0.0",
    hardwareClass,
    arch: ARCHITECTURES[arch()] ?? arch(),
    libc: glibc ? `glibc ${glibc}` : "musl",
    os: `${type()} ${release()}`,
    ramBytes: totalmem(),
    flashFreeBytes: disk.bavail * disk.bsize,
    runtimes: [RUNTIME],
    board: "",
    accelerators: [],
  };
}

function compareVersions(one, other) {
  const parts = (version) => version.split(/[.+-]/).map((part) => Number.parseInt(part, 10) || 0);
  const [left, right] = [parts(one), parts(other)];
  for (let at = 0; at < 3; at++) {
    const difference = (left[at] ?? 0) - (right[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** The first thing that does not fit, as {reason, detail}, or null. */
export function whyUnfit({ target, compatibility }, facts) {
  if (!compatibility) return null;
  const runtime = facts.runtimes.find(({ name }) => name === compatibility.runtime);
  if (!runtime) return { reason: "no-runtime", detail: `needs the runtime '${compatibility.runtime}'` };
  if (compareVersions(runtime.version, compatibility.minRuntime) < 0) {
    return { reason: "runtime-too-old", detail: `needs ${runtime.name} ${compatibility.minRuntime}, here is ${runtime.version}` };
  }
  const abi = `linux-${facts.arch}-${facts.libc.split(" ")[0]}`;
  if (compatibility.abi.length > 0 && !compatibility.abi.includes(abi)) {
    return { reason: "wrong-abi", detail: `is for ${compatibility.abi.join(", ")}, this is ${abi}` };
  }
  if (compatibility.accelerators.length > 0 && !compatibility.accelerators.some((each) => facts.accelerators.includes(each))) {
    return { reason: "no-accelerator", detail: `needs one of ${compatibility.accelerators.join(", ")}` };
  }
  if (compatibility.ramPeakBytes > facts.ramBytes) {
    return { reason: "not-enough-ram", detail: `needs ${compatibility.ramPeakBytes} bytes of RAM, here are ${facts.ramBytes}` };
  }
  const flash = compatibility.flashBytes || target.size;
  if (flash > facts.flashFreeBytes) {
    return { reason: "not-enough-flash", detail: `needs ${flash} bytes of flash, ${facts.flashFreeBytes} are free` };
  }
  return null;
}
