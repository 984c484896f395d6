/** Windows has no process groups; there only the process itself can be signalled. */
const target = (pid: number): number => (process.platform === "win32" ? pid : -pid);

/** Signals a child started with `detached: true` and everything that it started. A group that is gone is fine. */
export function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(target(pid), signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** Whether a process of the group still lives. */
export function isGroupAlive(pid: number): boolean {
  try {
    process.kill(target(pid), 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
