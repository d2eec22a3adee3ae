/**
 * ValueSet/$validate-code and CodeSystem/$validate-code. https://hl7.org/fhir/R4/valueset-operation-validate-code.html,
 * https://hl7.org/fhir/R4/codesystem-operation-validate-code.html
 */
import { Fault } from '../../fault.ts';
import type { Resource } from '../../store/resource.ts';
import type { Context } from '../context.ts';
import { input, type OperationCall, type OperationDeclaration, output } from '../operation.ts';
import { replyWith } from '../reply.ts';
import type { Asked } from '../resource.ts';
import { type Asking, askedCodes, calledFor } from '../terminology/called.ts';
import { codesOfSet, conceptsOf } from '../terminology/expansion.ts';

const declaration: OperationDeclaration = {
  code: 'validate-code',
  title: 'Whether a code is in a ValueSet or CodeSystem',
  documentation:
    'Answers result=false with a message for a code that is not in it, or whose display is another one. 404 for a ValueSet ' +
    'or CodeSystem that is not known here.',
  types: ['ValueSet', 'CodeSystem'],
  levels: ['type', 'instance'],
  affectsState: false,
  needs: [['its own', 'r']],
  parameters: [
    input('url', '0..1', 'uri', 'The ValueSet or CodeSystem, when it is not called on an instance'),
    input('valueSet', '0..1', 'ValueSet', 'A ValueSet sent along; for a ValueSet only'),
    input('valueSetVersion', '0..1', 'string', 'Version of the ValueSet; for a ValueSet only'),
    input('code', '0..1', 'code', 'The code'),
    input('system', '0..1', 'uri', 'Its system; for a ValueSet'),
    input('version', '0..1', 'string', 'Version of the CodeSystem; for a CodeSystem only'),
    input('display', '0..1', 'string', 'A display to be checked with it'),
    input('coding', '0..1', 'Coding', 'Instead of code'),
    input('codeableConcept', '0..1', 'CodeableConcept', 'Instead of code: one of its codings must be right'),
    output('result', '1..1', 'boolean', 'Whether it is right'),
    output('message', '0..1', 'string', 'Why not'),
    output('display', '0..1', 'string', 'The right display'),
  ],
  async handle(context, asked, call) {
    const codes = askedCodes(call);
    const known = call.type === 'CodeSystem' ? ofSystem(context, asked, call) : ofSet(context, asked, call);
    const verdicts = codes.map((code) => judge(code, known));
    const best = verdicts.find((verdict) => verdict.result) ?? verdicts[0]!;
    const parameter = [
      { name: 'result', valueBoolean: best.result },
      ...(best.message === undefined ? [] : [{ name: 'message', valueString: best.message }]),
      ...(best.display === undefined ? [] : [{ name: 'display', valueString: best.display }]),
    ];
    return replyWith({ resourceType: 'Parameters', parameter });
  },
};

export default declaration;

interface Known {
  readonly system?: string | undefined;
  readonly code: string;
  readonly display?: string | undefined;
}

function refuse({ parameters }: OperationCall, ...names: readonly string[]): void {
  const wrong = names.find((name) => parameters.one(name) !== undefined);
  if (wrong !== undefined)
    throw new Fault('not-supported', `The parameter ${wrong} has no meaning here.`, { expression: `http.${wrong}` });
}

function ofSystem({ terminology }: Context, asked: Asked, call: OperationCall): readonly Known[] {
  refuse(call, 'valueSet', 'valueSetVersion', 'system');
  const found = needed(calledFor(terminology, asked, call, 'CodeSystem', { version: 'version' }));
  return conceptsOf(found).map(({ code, display }) => ({
    system: String(found['url']),
    code: String(code),
    display: display as string | undefined,
  }));
}

function ofSet({ terminology }: Context, asked: Asked, call: OperationCall): readonly Known[] {
  refuse(call, 'version');
  const found = needed(
    calledFor(terminology, asked, call, 'ValueSet', { version: 'valueSetVersion', inline: 'valueSet' }),
  );
  return codesOfSet(found, (type, url) => terminology.find(asked.viewer, type, url));
}

function needed(found: Resource | undefined): Resource {
  if (found !== undefined) return found;
  throw new Fault('missing-element', 'Which one? Send "url".', { expression: 'http.url' });
}

interface Verdict {
  readonly result: boolean;
  readonly message?: string;
  readonly display?: string | undefined;
}

/** A code without a system is right when exactly one system has it here. */
function judge({ system, code, display }: Asking, known: readonly Known[]): Verdict {
  const same = known.filter((k) => k.code === code && (system === undefined || k.system === system));
  const [found] = same;
  if (found === undefined) return { result: false, message: 'The code is not in it.' };
  if (same.length > 1) return { result: false, message: 'Several systems have this code: name one.' };
  const isRight = display === undefined || found.display === undefined || display === found.display;
  if (isRight) return { result: true, display: found.display };
  return { result: false, message: 'The display is another one.', display: found.display };
}
