"use strict";
// What `npm start` and `npm test` run first: `setup.cjs FILE ARGS…` makes sure that the dependencies are there, then runs FILE
// on a Node that can. It does both in one step because a shell remembers where it found `node` before the installation
// (dash, bash), so `setup && node FILE` would run FILE on the machine's Node. Old syntax: any Node from 12 on reads it.

var childProcess = require("child_process");
var fs = require("fs");
var path = require("path");
var url = require("url");
var runtime = require("../bin/runtime.cjs");

var modules = path.join(runtime.root, "node_modules");
var lockFile = path.join(runtime.root, "package-lock.json");
var guardFile = path.join(runtime.root, ".figway", "setup.lock");

function main() {
  if (!isInstalled()) installOnce();
  var file = process.argv[2];
  if (file === undefined) return;
  run(path.resolve(runtime.root, file), process.argv.slice(3));
}

/** Whether node_modules holds exactly what the lock file says; npm keeps a copy of the lock file that it installed. */
function isInstalled() {
  var installed = readJson(path.join(modules, ".package-lock.json"));
  if (installed === undefined) return false;
  var wanted = readJson(lockFile);
  // Without a lock file there is nothing to compare with.
  if (wanted === undefined) return true;
  return Object.keys(wanted.packages).every(function (place) {
    var want = wanted.packages[place];
    var have = installed.packages[place];
    if (place.indexOf("node_modules/") !== 0 || want.link) return true;
    // Optional packages are those of other platforms.
    if (have === undefined) return want.optional === true;
    return have.version === want.version && have.integrity === want.integrity;
  });
}

function readJson(file) {
  try {
    return JSON.parse(fs.readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}

/** Installs, unless another `npm start` or `npm test` is installing already: then waits for that one. */
function installOnce() {
  fs.mkdirSync(path.dirname(guardFile), { recursive: true });
  while (!takeGuard()) sleep(200);
  try {
    if (!isInstalled()) install();
  } finally {
    fs.unlinkSync(guardFile);
  }
}

function takeGuard() {
  try {
    fs.writeFileSync(guardFile, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
  }
  if (!isHolderAlive()) fs.unlinkSync(guardFile);
  return false;
}

function isHolderAlive() {
  try {
    var holder = Number(fs.readFileSync(guardFile, "utf8"));
    // Just created and not yet written.
    if (holder === 0) return true;
    process.kill(holder, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

function sleep(ms) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

function install() {
  var first = !fs.existsSync(modules);
  console.error("figway: installing dependencies (" + (first ? "first run" : "they have changed") + ", about 15 s)…");
  // NODE_ENV=production must not leave out what tests and demo need; no dependency needs an install script.
  var wanted = [
    "--include=dev",
    "--include=optional",
    "--ignore-scripts",
    "--prefer-offline",
    "--no-audit",
    "--no-fund",
  ];
  var result = npm([fs.existsSync(lockFile) ? "ci" : "install"].concat(wanted));
  if (result.status === 0) return;
  console.error("figway: " + whyNot(result));
  try {
    fs.unlinkSync(guardFile);
  } catch {
    // Somebody tidied up; there is nothing left to release.
  }
  process.exit(1);
}

function npm(args) {
  var options = { cwd: runtime.root, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 };
  var script = process.env.npm_execpath;
  // Under npm, the same npm; pnpm and yarn set the variable as well but read another lock file.
  if (script !== undefined && script.endsWith("npm-cli.js")) {
    return childProcess.spawnSync(process.execPath, [script].concat(args), options);
  }
  return childProcess.spawnSync("npm", args, Object.assign({ shell: process.platform === "win32" }, options));
}

function whyNot(result) {
  if (result.error) return "npm cannot be run (" + result.error.message + "); install it together with Node.";
  if (
    /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ENOTCACHED|ERR_SOCKET_TIMEOUT/.test(
      result.stderr,
    )
  ) {
    return "the npm registry cannot be reached, and the dependencies are not installed yet; go online (or set npm's proxy) and try again.";
  }
  var lines = result.stderr.trim().split("\n");
  var said = lines.slice(0, 12).concat(lines.length > 12 ? ["…"] : []);
  return "the dependencies could not be installed; npm says:\n" + said.join("\n");
}

function run(file, args) {
  var node = runtime.workspaceNode();
  // Usually npm's PATH has led to the right Node already: then everything stays in one process.
  if (node !== undefined && !isRunningOn(node)) {
    runtime.runOn(node, [file].concat(args));
    return;
  }
  if (!runtime.isSupported(process.versions.node)) {
    console.error(runtime.tooOld());
    process.exit(1);
  }
  if (node === undefined) {
    var platform = process.platform + "-" + process.arch;
    console.error(
      "figway: npm has no Node for " + platform + "; going on with this one, " + process.versions.node + ".",
    );
  }
  process.argv = [process.argv[0], file].concat(args);
  if (path.extname(file) === "") {
    require(file);
    return;
  }
  import(url.pathToFileURL(file).href).catch(function (error) {
    console.error(error);
    process.exit(1);
  });
}

function isRunningOn(node) {
  return fs.realpathSync(node) === fs.realpathSync(process.execPath);
}

main();
