/** Faults of meaning: well-formed answers that say something else than what is. protocols/onec.md §1.5. */
import { type Call, sendText } from '../call.ts';
import { writeDocument } from '../directory-answer.ts';
import { writeBooked, writeRefusal } from '../operations.ts';
import { emptyGuid } from '../specialties.ts';
import type { OperationName } from '../wsdl.ts';
import { all, type Fault, type FaultParams, schedules } from './fault.ts';

const withId: readonly OperationName[] = [
  ...(['GetReserve', 'FastBookAnAppointment'] as const),
  ...(['BookAnAppointment', 'BookAnAppointmentWithParams'] as const),
];
const directories: readonly OperationName[] = ['GetListClinic', 'GetListEmployees', 'GetNomenclatureAndPrices'];

/** A text that does not depend on what the call did. */
function said(
  name: string,
  sentence: string,
  operations: readonly OperationName[],
  text: (c: Call, p: FaultParams) => string,
) {
  const play = (call: Call, params: FaultParams) => {
    if (params.commit === true) call.run();
    sendText(call, text(call, params));
  };
  return { name, sentence, committed: 'no', operations, play } as const satisfies Fault;
}

const rootOf = (call: Call) =>
  call.operation === 'CancelBookAnAppointment' ? 'РезультатВыполнения' : 'ОтветНаЗаписьССайта';

const emptyRoots: { readonly [name: string]: readonly [string, 'S1' | 'S2'] } = {
  GetListClinic: ['СписокКлиник', 'S1'],
  GetListEmployees: ['Сотрудники', 'S2'],
  GetNomenclatureAndPrices: ['Каталоги', 'S2'],
};

/** Faults that need to know the base are made with two questions to it. */
export function meaningFaults(base: {
  /** GUID of a document of another patient. */
  otherGuid(): string;
  /** GUID of an employee other than those asked for. */
  otherEmployee(text: string): string;
}): readonly Fault[] {
  return [
    said('error-text', 'The bare text `Error`.', all, () => 'Error'),
    said(
      'plain-sentence',
      'A plain Russian sentence instead of XML; `text` replaces it.',
      all,
      (_call, params) => params.text ?? 'Ошибка при расчете времени окончания',
    ),
    said('false-empty-description', '`Результат` false with an empty description.', all, (call) =>
      writeRefusal(rootOf(call), ''),
    ),
    said(
      'empty-schedule',
      'A good answer with nothing in it, for schedules and directories.',
      [...schedules, ...directories],
      (call) => writeDocument(...(emptyRoots[call.operation] ?? (['ГрафикиДляСайта', 'S1'] as const)), {}),
    ),
    {
      name: 'params-error',
      sentence: 'A schedule followed by `ОшибкаПараметров`, as for an unknown branch.',
      committed: 'never',
      operations: schedules,
      play: (call) => sendText(call, withError(call.run())),
    },
    {
      name: 'success-without-id',
      sentence: 'Executed; success without УИД; variant `empty`: empty УИД, `zero`: the empty GUID.',
      committed: 'yes',
      operations: withId,
      play(call, params) {
        call.run();
        sendText(
          call,
          writeBooked(params.variant === 'zero' ? emptyGuid : params.variant === 'empty' ? '' : undefined),
        );
      },
    },
    {
      name: 'other-guid',
      sentence: 'Executed; the УИД of another patient’s document, or the schedule of another employee than asked.',
      committed: 'yes',
      operations: [...withId, 'GetSchedule20'],
      play(call) {
        const text = call.run();
        if (call.operation !== 'GetSchedule20') return sendText(call, writeBooked(base.otherGuid()));
        const other = base.otherEmployee(text);
        sendText(call, text.replaceAll(/<СотрудникID>[^<]*</g, `<СотрудникID>${other}<`));
      },
    },
  ];
}

function withError(text: string): string {
  const note =
    'Ошибки разбора параметра Params:\nФилиал не найден в базе по UUID: 00000000-0000-0000-0000-00000000dead';
  const element = `<ОшибкаПараметров>${note}</ОшибкаПараметров>`;
  const at = text.lastIndexOf('</ГрафикиДляСайта>');
  return at < 0
    ? writeDocument('ГрафикиДляСайта', 'S1', { ОшибкаПараметров: note })
    : text.slice(0, at) + element + text.slice(at);
}
