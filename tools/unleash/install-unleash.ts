import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const FOLDER = import.meta.dirname;
const STAMP = join(FOLDER, "node_modules", ".figway-installed");
const LOCK = join(FOLDER, ".installing");
/** An install that takes longer than this was cut short and left its lock behind. */
const STALE_LOCK_MS = 300_000;

/**
 * Installs this folder's packages from its lock file, unless exactly these are there already. Two processes that try at once
 * take turns. About 220 MB and half a minute, once.
 */
export async function installUnleash(log: (line: string) => void): Promise<void> {
  const wanted = await wantedStamp();
  if (await isInstalled(wanted)) return;
  await withLock(log, async () => {
    if (await isInstalled(wanted)) return;
    log("Installing the Unleash server (220 MB, once; about half a minute) …");
    await runNpm();
    await writeFile(STAMP, wanted);
    log("The Unleash server is installed.");
  });
}

/** Whether `installUnleash` has nothing to do. */
export async function isUnleashInstalled(): Promise<boolean> {
  return await isInstalled(await wantedStamp());
}

async function wantedStamp(): Promise<string> {
  const lock = await readFile(join(FOLDER, "package-lock.json"));
  return createHash("sha256").update(lock).digest("hex");
}

async function isInstalled(wanted: string): Promise<boolean> {
  return (await readFile(STAMP, "utf8").catch(() => "")) === wanted;
}

async function withLock(log: (line: string) => void, task: () => Promise<void>): Promise<void> {
  for (let waited = false; !(await takeLock()); waited = true) {
    if (!waited) log("Another process installs the Unleash server; waiting for it …");
    await sleep(250);
  }
  // A sign of life, so that a slow install is not taken for a dead one.
  const beat = setInterval(() => void writeFile(join(LOCK, "beat"), "").catch(() => undefined), 10_000);
  try {
    await task();
  } finally {
    clearInterval(beat);
    await rm(LOCK, { recursive: true, force: true });
  }
}

async function takeLock(): Promise<boolean> {
  try {
    await mkdir(LOCK);
    await writeFile(join(LOCK, "beat"), "");
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  const beat = await stat(join(LOCK, "beat")).catch(() => stat(LOCK).catch(() => undefined));
  if (beat !== undefined && Date.now() - beat.mtimeMs > STALE_LOCK_MS) await rm(LOCK, { recursive: true, force: true });
  return false;
}

/** npm's own settings of a surrounding `npm run` name the surrounding package; they must not reach this one. */
function npmEnvironment(): NodeJS.ProcessEnv {
  const foreign =
    /^npm_(?:package_|lifecycle_|command$|config_(?:local_prefix|prefix|workspace|workspaces|include_workspace_root)$)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name) && name !== "NODE_ENV"));
}

function runNpm(): Promise<void> {
  const args = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  const script = process.env["npm_execpath"];
  const [command, commandArgs] =
    script !== undefined && /npm-cli\.c?js$/.test(script) ? [process.execPath, [script, ...args]] : ["npm", args];
  return new Promise((done, fail) => {
    const child = spawn(command, commandArgs, {
      cwd: FOLDER,
      env: npmEnvironment(),
      stdio: ["ignore", "ignore", "pipe"],
      // npm is a batch file on Windows.
      shell: process.platform === "win32" && command === "npm",
    });
    let errors = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (errors = (errors + text).slice(-2_000)));
    child.on("error", (cause) => fail(new Error(`npm cannot be run: ${cause.message}`, { cause })));
    child.on("close", (code) => {
      if (code === 0) done();
      else
        fail(
          new Error(
            `The Unleash server cannot be installed: npm ci in tools/unleash failed (${code}). ${errors.trim()}`,
          ),
        );
    });
  });
}
