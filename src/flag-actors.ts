/** Who asked for a flag's next change, so that the audit trail can name a person where the source only shows the change. */
export interface FlagActors {
  note(flag: string, actor: FlagActor): void;
  /** Whoever asked, once. */
  take(flag: string): FlagActor | undefined;
}

export interface FlagActor {
  readonly actor: string;
  readonly why: string | undefined;
}

export function createFlagActors(): FlagActors {
  const actors = new Map<string, FlagActor>();
  return {
    note: (flag, actor) => void actors.set(flag, actor),
    take(flag) {
      const actor = actors.get(flag);
      actors.delete(flag);
      return actor;
    },
  };
}
