import type { styleText } from "node:util";

/** What styleText accepts as a format. */
export type Paint = (format: Parameters<typeof styleText>[0], text: string) => string;

/** Everything a command takes from the outside world, so that tests can run commands in their own process. */
export interface CliContext {
  readonly environment: Readonly<NodeJS.ProcessEnv>;
  readonly writeOut: (text: string) => void;
  readonly writeError: (text: string) => void;
  /** Colours for standard output: does nothing when that is piped, or NO_COLOR is set. */
  readonly paint: Paint;
  /** figway's own version. */
  readonly version: string;
  /** Starts the gateway in this process; only the composition root can. */
  readonly start: StartGateway;
}

export type StartGateway = (options: {
  readonly configFile: string;
  readonly environment: Readonly<NodeJS.ProcessEnv>;
  /** Default: 1. */
  readonly workers?: number;
}) => Promise<RunningGateway>;

export interface RunningGateway {
  readonly publicUrl: string;
  readonly adminUrl: string;
  /** The most time that `stop` takes, in milliseconds. */
  readonly stopWithinMs: number;
  /** Resolves when it cannot go on although nobody stopped it. */
  readonly gaveUp?: Promise<Error>;
  stop(): Promise<void>;
}

/** The options that every command understands. */
export interface GlobalOptions {
  readonly config?: string;
  readonly admin?: string;
  readonly json?: true;
}
