import { InvalidArgumentError } from "commander";
import type { FlagValue } from "../flags/flag-source.ts";

/** `on`, `off`, `25%` or `25`; anything else is wrong usage. */
export function parseFlagValue(text: string): FlagValue {
  const word = text.toLowerCase();
  if (word === "on" || word === "true") return true;
  if (word === "off" || word === "false") return false;
  const percent = /^(\d{1,3})\s*%?$/.exec(word)?.[1];
  if (percent === undefined || Number(percent) > 100) {
    throw new InvalidArgumentError("It must be on, off, or a whole percentage from 0% to 100%.");
  }
  return { percent: Number(percent) };
}
