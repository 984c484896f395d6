import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";

const STAMP = join(import.meta.dirname, "node_modules", ".figway-installed");
const LOCK = join(import.meta.dirname, ".installing");
/** An install that takes longer than this was cut short and left its lock behind. */
const STALE_LOCK_MS = 120_000;
const LOOK_AGAIN_MS = 250;

/** Installs the proxies of this folder's lock file, unless exactly these are there already. Two runs at once take turns. */
export async function installPeers(log: (line: string) => void): Promise<void> {
  const wanted = createHash("sha256")
    .update(await readFile(join(import.meta.dirname, "package-lock.json")))
    .digest("hex");
  const isInstalled = async () => (await readFile(STAMP, "utf8").catch(() => "")) === wanted;
  while (!(await isInstalled())) {
    if (!(await takeLock())) {
      await new Promise((wake) => setTimeout(wake, LOOK_AGAIN_MS));
      continue;
    }
    try {
      if (await isInstalled()) return;
      log("installing the proxies to compare with (22 MB, once; some seconds) …");
      await runNpm();
      await writeFile(STAMP, wanted);
    } finally {
      await rm(LOCK, { recursive: true, force: true });
    }
  }
}

async function takeLock(): Promise<boolean> {
  try {
    await mkdir(LOCK);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  const made = await stat(LOCK).catch(() => undefined);
  if (made !== undefined && Date.now() - made.mtimeMs > STALE_LOCK_MS) await rm(LOCK, { recursive: true, force: true });
  return false;
}

/** npm's own settings of a surrounding `npm run` name the surrounding package; they must not reach this one. */
function npmEnvironment(): NodeJS.ProcessEnv {
  const foreign =
    /^npm_(?:package_|lifecycle_|command$|config_(?:local_prefix|prefix|workspace|workspaces|include_workspace_root)$)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name) && name !== "NODE_ENV"));
}

async function runNpm(): Promise<void> {
  const args = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  const script = process.env["npm_execpath"];
  const [command, commandArgs] =
    script !== undefined && /npm-cli\.c?js$/.test(script) ? [process.execPath, [script, ...args]] : ["npm", args];
  await new Promise<void>((done, fail) => {
    const options = { cwd: import.meta.dirname, env: npmEnvironment(), shell: process.platform === "win32" };
    const child = spawn(command, commandArgs, { ...options, stdio: ["ignore", "ignore", "pipe"] });
    let errors = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (errors = (errors + text).slice(-2_000)));
    child.on("error", fail);
    child.on("close", (code) => {
      if (code === 0) done();
      else fail(new Error(`The proxies cannot be installed: npm ci in bench/ failed (${code}). ${errors.trim()}`));
    });
  });
}
