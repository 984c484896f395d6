import type { Environment } from "./environment.ts";
import { type LoadResult, parseConfig, unreadable } from "./load-config.ts";
import { watchFile } from "./watch-file.ts";

export interface WatchConfigOptions {
  readonly file: string;
  readonly environment: Environment;
  /** The digest of the configuration in use: what was changed between loading and watching is not missed. */
  readonly digest: string;
  /**
   * Called with what the file holds now, right or wrong, each time that it is another text. When the file is gone it is called
   * with that as a problem. The caller keeps the last good configuration.
   */
  readonly onChange: (result: LoadResult) => void;
  /** See `watchFile`. */
  readonly debounceMs?: number;
  readonly pollMs?: number;
}

/** Loads a configuration file anew whenever it changes. */
export function watchConfig({ file, environment, digest, onChange, ...timing }: WatchConfigOptions): { close(): void } {
  let isFirst = true;
  return watchFile({
    path: file,
    // Something that no file holds, so that the first look hands over what is there now.
    knownText: "\0",
    ...timing,
    onChange(text) {
      const result = parseConfig(text, environment, { file });
      const isKnown = isFirst && result.ok && result.digest === digest;
      isFirst = false;
      if (!isKnown) onChange(result);
    },
    onUnreadable(error) {
      onChange({ ok: false, problems: [unreadable(file, error)] });
    },
  });
}
