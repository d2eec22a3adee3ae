/** Faults of meaning: well-formed answers of the Hub that say something else than what is. */
import { type Call, sendAnswer } from '../call.ts';
import { emkOperations, hubOperations } from '../operation-names.ts';
import type { Fault, FaultParams } from './fault.ts';

const lists = hubOperations.filter((name) =>
  /^(Get.*(List|Dates|Appointments|Time|Doctors|History)|Search|InspectDoctorsReferral2)/.test(name),
);

function refused(
  name: string,
  sentence: string,
  code: (p: FaultParams) => number,
  change = (b: string) => b,
  operations = hubOperations,
): Fault {
  return {
    name,
    sentence,
    committed: 'no',
    operations,
    async play(call, params) {
      if (params.commit === true) await call.run();
      const { status, body } = call.refusal(code(params), params.text);
      const answer = () => call.response.destroyed || sendAnswer(call, { status, body: change(body) });
      if (params.milliseconds === undefined) answer();
      else call.later(params.milliseconds, answer);
    },
  };
}

/** Executed; the good envelope is changed. */
function changed(name: string, sentence: string, operations: readonly string[], change: (body: string) => string) {
  return {
    name,
    sentence,
    committed: 'yes',
    operations,
    async play(call: Call) {
      const { status, body } = await call.run();
      sendAnswer(call, { status, body: change(body) });
    },
  } as const satisfies Fault;
}

const tag = (name: string) => new RegExp(`<((?:\\w+:)?${name})(\\s[^<>]*)?>[\\s\\S]*?</\\1>`, 'g');
const withoutErrors = (body: string) => body.replaceAll(tag('ErrorList'), '');

const plainFaults: readonly Fault[] = [
  refused(
    'business-error',
    'HTTP 200 with Success=false and `code` (99), of EMKService a fault; `text` replaces its text. With `commit: true` executed nevertheless.',
    (params) => params.code ?? 99,
    undefined,
    [...hubOperations, ...emkOperations],
  ),
  refused(
    'clinic-timeout',
    'Error 603, after `milliseconds` (0): the clinic took too long. With `commit: true` it has done it.',
    () => 603,
  ),
  refused('false-empty-description', 'Success=false without any error.', () => 99, withoutErrors),
  changed('success-with-errors', 'Executed; Success=true beside an error 99.', hubOperations, (body) =>
    body.replace(
      /<((?:(\w+):)?)ErrorList((?:\s[^<>]*)?)\/>/,
      (_whole, prefix: string, _name: string, attributes: string) =>
        `<${prefix}ErrorList${attributes.replace(/ \w+:nil="true"/, '')}><${prefix}Error${xmlnsIn(attributes)}><${prefix}ErrorDescription${xmlnsIn(attributes)}>Предупреждение</${prefix}ErrorDescription><${prefix}IdError${xmlnsIn(attributes)}>99</${prefix}IdError></${prefix}Error></${prefix}ErrorList>`,
    ),
  ),
  changed('missing-success', 'Executed; the answer without Success.', hubOperations, (body) =>
    body.replaceAll(tag('Success'), ''),
  ),
  changed('empty-list', 'A good answer with nothing in its list.', lists, (body) =>
    body.replaceAll(
      /<((?:\w+:)?(?:List\w+|Docs|\w+List|Districts|LpuCollection|LpuListToRfiszs))(\s[^<>]*)?>[\s\S]*<\/\1>/g,
      '<$1$2/>',
    ),
  ),
];

const idPat = /(<(?:\w+:)?IdPat(?:\s[^<>]*)?>)([^<>]*)(?=<)/g;

/** One of them needs to know the region. */
export function meaningFaults(region: {
  /** Id of another patient of the same clinic. */
  otherPatient(id: string): string;
}): readonly Fault[] {
  return [
    ...plainFaults,
    changed(
      'other-patient',
      'Executed; the id of another patient in the answer.',
      ['CheckPatient', 'AddNewPatient', 'SearchTop10Patient', 'InspectDoctorsReferral2'],
      (body) => body.replaceAll(idPat, (_whole, open: string, id: string) => `${open}${region.otherPatient(id)}`),
    ),
  ];
}

/** 1С repeats the default namespace at each element. */
function xmlnsIn(attributes: string): string {
  return / xmlns="[^"]*"/.exec(attributes)?.[0] ?? '';
}
