/** A flag could not be set. The message is one sentence for people that says what to do; it holds no secret. */
export class FlagChangeError extends Error {
  constructor(message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.name = "FlagChangeError";
  }
}
