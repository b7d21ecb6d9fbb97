// Makes the mutants of a source file: one small change each, to every guard, comparison, logical
// operator, sign, early return and effectful statement. Types are left alone, and so are messages and
// notes. Called by run-mutants.ts; mutants.test.ts shows each kind.

import { parseAst } from "vitest/node";

export interface Mutant {
  /** Stable over unrelated edits: file, function, what becomes what; numbered where it repeats. */
  readonly id: string;
  readonly file: string;
  readonly line: number;
  readonly start: number;
  readonly end: number;
  readonly replacement: string;
}

interface AstNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [key: string]: unknown;
}

/** A change to the text between two offsets. */
interface Change {
  readonly start: number;
  readonly end: number;
  readonly replacement: string;
  /** The node shown in the mutant's id, where it is more than what changes. */
  readonly shown?: AstNode;
}

const isNode = (value: unknown): value is AstNode =>
  typeof value === "object" && value !== null && typeof Reflect.get(value, "type") === "string";

const SWAPPED: Readonly<Record<string, readonly string[]>> = {
  "<": ["<=", ">="],
  "<=": ["<", ">"],
  ">": [">=", "<="],
  ">=": [">", "<"],
  "===": ["!=="],
  "!==": ["==="],
  "+": ["-"],
  "-": ["+"],
  "*": ["/"],
  "/": ["*"],
  "&&": ["||"],
  "||": ["&&"],
  "+=": ["-="],
  "-=": ["+="],
  "++": ["--"],
  "??=": ["="],
};

/** Calls that only speak: without them nothing is decided otherwise. */
const SPEAKING = new Set(["note", "invariant"]);

/** All mutants of `source`, in the order of the text. */
export function mutantsOf(file: string, source: string): readonly Mutant[] {
  const found: Mutant[] = [];
  const seen = new Map<string, number>();
  const visit = (node: AstNode, parents: readonly AstNode[]): void => {
    if (node.type.startsWith("TS") && node.type !== "TSAsExpression") return;
    for (const change of changesOf(node, parents, source)) {
      const place = nameOf([...parents, node], source);
      const base = `${file} ${place}: ${describe(change, source)}`;
      const count = (seen.get(base) ?? 0) + 1;
      seen.set(base, count);
      found.push({
        id: count === 1 ? base : `${base} #${count}`,
        file,
        line: source.slice(0, change.start).split("\n").length,
        start: change.start,
        end: change.end,
        replacement: change.replacement,
      });
    }
    for (const child of childrenOf(node)) visit(child, [...parents, node]);
  };
  visit(parseAst(source, { lang: "ts" }) as unknown as AstNode, []);
  return found.sort((a, b) => a.start - b.start || a.end - b.end);
}

/** The source with the mutant's change. */
export const applyMutant = (source: string, { start, end, replacement }: Mutant): string =>
  source.slice(0, start) + replacement + source.slice(end);

function childrenOf(node: AstNode): readonly AstNode[] {
  return Object.values(node)
    .flatMap((value) => (Array.isArray(value) ? (value as unknown[]) : [value]))
    .filter(isNode);
}

function changesOf(node: AstNode, parents: readonly AstNode[], source: string): readonly Change[] {
  switch (node.type) {
    case "IfStatement":
    case "ConditionalExpression":
      return conditionChanges(node);
    case "BinaryExpression":
    case "LogicalExpression":
      return isText(node) ? [] : operatorChanges(node, "left", "right", source);
    case "AssignmentExpression":
      return operatorChanges(node, "left", "right", source);
    case "UpdateExpression":
      return updateChanges(node, parents, source);
    case "UnaryExpression":
      return node["operator"] === "!" && isNode(node["argument"])
        ? [replaced(node, source.slice(node["argument"].start, node["argument"].end))]
        : [];
    case "ReturnStatement":
      return returnChanges(node, parents);
    case "ExpressionStatement":
      return isEffectful(node) ? [replaced(node, ";")] : [];
    case "ContinueStatement":
      return [replaced(node, ";")];
    default:
      return [];
  }
}

const replaced = (node: AstNode, replacement: string): Change => ({
  start: node.start,
  end: node.end,
  replacement,
  shown: node,
});

function conditionChanges(node: AstNode): readonly Change[] {
  const test = node["test"];
  return isNode(test) ? [replaced(test, "true"), replaced(test, "false")] : [];
}

/** The operator between two operands, replaced where it stands. */
function operatorChanges(
  node: AstNode,
  left: string,
  right: string,
  source: string,
): readonly Change[] {
  const operator = String(node["operator"]);
  const [before, after] = [node[left], node[right]];
  if (!isNode(before) || !isNode(after)) return [];
  const start = source.indexOf(operator, before.end);
  if (start === -1 || start >= after.start) return [];
  return (SWAPPED[operator] ?? []).map((replacement) => ({
    start,
    end: start + operator.length,
    replacement,
    shown: node,
  }));
}

/** Not the counter of a `for`: counting the other way only never ends. */
function updateChanges(
  node: AstNode,
  parents: readonly AstNode[],
  source: string,
): readonly Change[] {
  const parent = parents.at(-1);
  if (parent?.type === "ForStatement" && parent["update"] === node) return [];
  const operator = String(node["operator"]);
  const text = source.slice(node.start, node.end);
  return (SWAPPED[operator] ?? []).map((other) => replaced(node, text.replace(operator, other)));
}

/** An early return goes; a returned truth turns. The last statement of a function may stay. */
function returnChanges(node: AstNode, parents: readonly AstNode[]): readonly Change[] {
  const argument = node["argument"];
  if (isNode(argument) && typeof argument["value"] === "boolean") {
    return [replaced(argument, String(!argument["value"]))];
  }
  const body = parents.at(-1);
  const owner = parents.at(-2);
  const statements = body?.["body"];
  const isLast =
    owner !== undefined &&
    /Function/.test(owner.type) &&
    Array.isArray(statements) &&
    statements.at(-1) === node;
  return isLast ? [] : [replaced(node, ";")];
}

function isEffectful(node: AstNode): boolean {
  const expression = node["expression"];
  if (!isNode(expression)) return false;
  if (expression.type === "AssignmentExpression") return true;
  if (expression.type !== "CallExpression") return false;
  const callee = expression["callee"];
  return !(isNode(callee) && SPEAKING.has(String(callee["name"])));
}

/** Joined text is a message, not arithmetic. */
const isText = (node: AstNode): boolean =>
  [node["left"], node["right"]].some(
    (side) =>
      isNode(side) &&
      node["operator"] === "+" &&
      (side.type === "TemplateLiteral" || typeof side["value"] === "string"),
  );

function nameOf(path: readonly AstNode[], source: string): string {
  for (const node of [...path].reverse()) {
    const named = node["id"] ?? node["key"];
    const isFunction = /Function|VariableDeclarator|Property/.test(node.type);
    if (isFunction && isNode(named))
      return source.slice(named.start, named.end).split(/\W/)[0] ?? "";
  }
  return "module";
}

function describe({ start, end, replacement, shown }: Change, source: string): string {
  const [from, to] = [shown?.start ?? start, shown?.end ?? end];
  const changed = source.slice(from, start) + replacement + source.slice(end, to);
  const short = (text: string): string => {
    const line = text.replace(/\s+/g, " ");
    return line.length > 90 ? `${line.slice(0, 60)} … ${line.slice(-27)}` : line;
  };
  return `${short(source.slice(from, to))} -> ${short(changed)}`;
}
