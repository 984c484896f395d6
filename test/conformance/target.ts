/** A proxy under judgement. */
export interface Target {
  readonly name: string;
  /** Starts it in front of the origin on this port of 127.0.0.1, every path forwarded, with a first-byte timeout of 1 s. */
  start(originPort: number): Promise<{ readonly port: number; stop(): Promise<void> }>;
}
