import type { Side } from "../model/side.ts";

/**
 * Entity tags on routes that a flag splits (TRAPS 29). A tag that legacy gave means nothing to modern: a match by accident would keep the
 * other side's page in the browser after a flip. So the tags that the browser gets name their side, `"abc"` becoming `"abc~legacy"`, and
 * only tags of the side that is asked go back to it. Dates cannot name a side, so `If-Modified-Since` is not sent on.
 */
const SIDE_TAG = /^((?:W\/)?"[^"]*)~(legacy|modern)"$/;

/** `ETag` as the client sees it (RFC 9110 §8.8.3). What is no entity tag stays as it is. */
export function tagWithSide(tag: string, side: Side): string {
  return /^(?:W\/)?"[^"]*"$/.test(tag) ? `${tag.slice(0, -1)}~${side}"` : tag;
}

/** Never matches: what stands in for the tags of the other side where a precondition must fail rather than vanish. */
const NO_MATCH = '"~other-side"';

/**
 * A conditional field as the side that is asked gets it; undefined: it is not sent.
 *
 * @param lowerName one of if-none-match, if-match, if-range, if-modified-since, if-unmodified-since
 */
export function translateValidator(lowerName: string, value: string, side: Side): string | undefined {
  switch (lowerName) {
    case "if-none-match": {
      if (value.trim() === "*") return value;
      const own = tagsOf(value).flatMap((tag) => ownTag(tag, side));
      return own.length === 0 ? undefined : own.join(", ");
    }
    case "if-match": {
      if (value.trim() === "*") return value;
      // Without a side's name it was not learnt from an ETag field; the application knows what it means.
      const sent = tagsOf(value).flatMap((tag) => (SIDE_TAG.test(tag) ? ownTag(tag, side) : [tag]));
      return sent.length === 0 ? NO_MATCH : sent.join(", ");
    }
    case "if-range":
      // RFC 9110 §13.1.5: where it does not hold, the whole representation is sent; dates prove nothing here.
      return ownTag(value.trim(), side)[0] ?? NO_MATCH;
    case "if-modified-since":
      return undefined;
    default:
      return value;
  }
}

function tagsOf(list: string): string[] {
  return [...list.matchAll(/(?:W\/)?"[^"]*"/g)].map(([tag]) => tag);
}

function ownTag(tag: string, side: Side): string[] {
  const named = SIDE_TAG.exec(tag);
  return named !== null && named[2] === side ? [`${named[1]}"`] : [];
}
