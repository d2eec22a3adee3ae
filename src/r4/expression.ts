/** The subset of FHIRPath that R4's search parameters are written in (protocols/r4.md §E), parsed to a tree. */

export type Expression =
  | { readonly op: 'name'; readonly name: string }
  | { readonly op: 'member'; readonly of: Expression; readonly name: string }
  | { readonly op: 'index'; readonly of: Expression; readonly index: number }
  | { readonly op: 'type'; readonly of: Expression; readonly type: string }
  | { readonly op: 'where'; readonly of: Expression; readonly test: Expression }
  | { readonly op: 'resolves'; readonly type: string }
  | { readonly op: 'exists'; readonly of: Expression }
  | { readonly op: 'compare'; readonly of: Expression; readonly equal: boolean; readonly value: string | boolean }
  | { readonly op: 'and'; readonly left: Expression; readonly right: Expression }
  | { readonly op: 'union'; readonly of: readonly Expression[] };

interface Tokens {
  readonly list: readonly string[];
  at: number;
}

const tokenPattern = /\s*([A-Za-z_]\w*|'(?:[^'\\]|\\.)*'|\d+|!=|[.()[\]|=])/y;

/** @throws SyntaxError for anything outside the subset; the text of R4's own parameters never is */
export function parseExpression(text: string): Expression {
  const tokens = { list: tokenize(text), at: 0 };
  const expression = parseUnion(tokens);
  if (tokens.at < tokens.list.length) throw unexpected(tokens);
  return expression;
}

function tokenize(text: string): string[] {
  const list: string[] = [];
  const pattern = new RegExp(tokenPattern);
  const trimmed = text.trimEnd();
  while (pattern.lastIndex < trimmed.length) {
    const from = pattern.lastIndex;
    const match = pattern.exec(trimmed);
    if (match === null) throw new SyntaxError(`search expression: cannot read ${JSON.stringify(trimmed.slice(from))}`);
    list.push(match[1]!);
  }
  return list;
}

function unexpected(tokens: Tokens): SyntaxError {
  return new SyntaxError(`search expression: did not expect ${tokens.list[tokens.at] ?? 'its end'}`);
}

function accept(tokens: Tokens, token: string): boolean {
  if (tokens.list[tokens.at] !== token) return false;
  tokens.at++;
  return true;
}

function demand(tokens: Tokens, token: string): void {
  if (!accept(tokens, token)) throw unexpected(tokens);
}

function nameOf(tokens: Tokens): string {
  const token = tokens.list[tokens.at];
  if (token === undefined || !/^\w/.test(token)) throw unexpected(tokens);
  tokens.at++;
  return token;
}

function parseUnion(tokens: Tokens): Expression {
  const of = [parseAnd(tokens)];
  while (accept(tokens, '|')) of.push(parseAnd(tokens));
  return of.length === 1 ? of[0]! : { op: 'union', of };
}

function parseAnd(tokens: Tokens): Expression {
  let left = parseComparison(tokens);
  while (accept(tokens, 'and')) left = { op: 'and', left, right: parseComparison(tokens) };
  return left;
}

function parseComparison(tokens: Tokens): Expression {
  const of = parsePath(tokens);
  if (accept(tokens, 'as')) return { op: 'type', of, type: nameOf(tokens) };
  for (const operator of ['=', '!='])
    if (accept(tokens, operator)) return { op: 'compare', of, equal: operator === '=', value: parseLiteral(tokens) };
  return of;
}

function parseLiteral(tokens: Tokens): string | boolean {
  const token = tokens.list[tokens.at++];
  if (token === 'true' || token === 'false') return token === 'true';
  if (token?.startsWith("'")) return token.slice(1, -1);
  throw unexpected({ ...tokens, at: tokens.at - 1 });
}

function parsePath(tokens: Tokens): Expression {
  let path = parseHead(tokens);
  for (;;) {
    if (accept(tokens, '.')) path = parseStep(tokens, path);
    else if (accept(tokens, '[')) {
      path = { op: 'index', of: path, index: Number(nameOf(tokens)) };
      demand(tokens, ']');
    } else return path;
  }
}

function parseHead(tokens: Tokens): Expression {
  if (accept(tokens, '(')) {
    const inner = parseUnion(tokens);
    demand(tokens, ')');
    return inner;
  }
  const name = nameOf(tokens);
  if (name !== 'resolve') return { op: 'name', name };
  for (const token of ['(', ')', 'is']) demand(tokens, token);
  return { op: 'resolves', type: nameOf(tokens) };
}

function parseStep(tokens: Tokens, of: Expression): Expression {
  const name = nameOf(tokens);
  if (!accept(tokens, '(')) return { op: 'member', of, name };
  const step = parseCall(tokens, of, name);
  demand(tokens, ')');
  return step;
}

function parseCall(tokens: Tokens, of: Expression, name: string): Expression {
  if (name === 'exists') return { op: 'exists', of };
  if (name === 'ofType' || name === 'as') return { op: 'type', of, type: nameOf(tokens) };
  if (name === 'where') return { op: 'where', of, test: parseComparison(tokens) };
  throw new SyntaxError(`search expression: the function ${name}() is not in the subset`);
}
