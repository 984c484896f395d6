/** A command could not do its work: one sentence for a person, exit code 1. */
export class CommandFailure extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = "CommandFailure";
  }
}
