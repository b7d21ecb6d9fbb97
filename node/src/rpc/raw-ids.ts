// JSON in which every number named "id" keeps the text that was sent. A client may count its requests with
// whole numbers above 2^53, which a JavaScript number would round, and would not find its answer. Used
// by request.ts; JSON.stringify writes such an id as it came.

declare global {
  interface JSON {
    /** A number that JSON.stringify writes as `text`. In Node since version 21, in no TypeScript library yet. */
    rawJSON(text: string): RawNumber;
    isRawJSON(value: unknown): value is RawNumber;
  }
}

export interface RawNumber {
  readonly rawJSON: string;
}

/** What the engine tells of a value beside the value itself. */
interface ReviverContext {
  readonly source?: string;
}

/** @throws SyntaxError where the text is not JSON. */
export function parseKeepingIds(text: string): unknown {
  const keep = (name: string, value: unknown, context?: ReviverContext): unknown => {
    const source = context?.source;
    if (name !== "id" || typeof value !== "number" || source === undefined) return value;
    return JSON.rawJSON(source);
  };
  return JSON.parse(text, keep);
}
