/**
 * 20,000 calls that are wrong in some small way, to every operation (RELIABILITY §5.2): each is answered, soon, by a result of its
 * operation or by a fault that blames the sender, and tells nothing of the inside. FUZZ_SEED and FUZZ_CASES choose others.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hubContract } from '../../../src/connectors/regiz/contract/hub.ts';
import { errorTexts } from '../../../src/doors/hub-service/error.ts';
import { path } from '../../../src/doors/hub-service/mount.ts';
import { readResult } from '../../../src/wcf/read.ts';
import { ask } from '../../support/hub.ts';
import { randomOf } from '../../support/random.ts';
import { type FuzzedCall, fuzzCall, type Known, operations } from './fuzz-request.ts';
import { bodyOf, createStage, guids, lpu, type Stage } from './stage.ts';

const seed = Number(process.env['FUZZ_SEED'] ?? 20261130);
const cases = Number(process.env['FUZZ_CASES'] ?? 20_000);
const slowest = 3000;
/** A patient of the clinic that the caller does not see. */
const secret = 'Канарейкина';
const inside =
  /\bselect\b.+\bfrom\b|\binsert into\b|relation "|column "|syntax error|violates|\.(ts|js):\d|node_modules|\/src\/|\bat \S+ \(|(Type|Range|Syntax|Reference)Error|FST_|ECONN|undefined|\[object/i;

let stage: Stage;
let known: Record<string, string[]>;
beforeAll(async () => {
  stage = await createStage({ settings: { onePerDoctor: false } });
  const { doctor, slots } = await stage.times();
  const people = await Promise.all(['Фаззова', 'Вторая', 'Третья'].map((name) => stage.patient(name)));
  const token = await stage.hub.token({ clinics: ['two'] });
  const stranger = { resourceType: 'Patient', name: [{ family: secret }] };
  const { body } = await ask(stage.hub, 'POST', 'Patient', { token, body: stranger });
  const subject = { reference: `Patient/${people[0]}` };
  const referral = {
    resourceType: 'ServiceRequest',
    status: 'active',
    intent: 'order',
    subject,
    identifier: [{ value: 'УО-1' }],
  };
  await ask(stage.hub, 'POST', 'ServiceRequest', {
    token: await stage.hub.token({ clinics: ['one'] }),
    body: referral,
  });
  await stage.call('SetAppointment', { idLpu: lpu.one, idPat: people[0]!, idAppointment: slots[0]! });
  const { result } = await stage.call('GetPatientHistory', { idLpu: lpu.one, idPat: people[0]! });
  const appointment = result.ListHistoryVisit![0]!.IdAppointment!;
  const { result: list } = await stage.call('GetSpesialityList', { idLpu: lpu.one });
  const specialty = list.ListSpesiality!.map((s) => s.IdSpesiality!);
  known = {
    ...{ doctorsReferal: ['УО-1'], doctorsReferral: ['УО-1'], surname: ['Фаззова'] },
    ...{ idDoc: [doctor], idPat: people, IdPat: [...people, body.id!], idAppointment: [...slots, appointment] },
    ...{
      idAppointmentPrev: [appointment, ...slots],
      idSpesiality: specialty,
      idSpeciality: specialty,
      idPosition: specialty,
    },
    ...{
      Surname: ['Фаззова', 'Фаз', 'Новая', 'Канар'],
      Name: ['Мария'],
      SecondName: ['Олеговна'],
      ferIdSpeciality: ['27'],
    },
    ...{
      Snils: ['000-000-600 04'],
      CellPhone: ['+79000000001'],
      cellPhone: ['+79000000001'],
      homePhone: ['88120000002'],
    },
  };
});
afterAll(() => stage.close());

function send({ version, headers, body }: FuzzedCall) {
  const url = version === '1.2' ? `${path}/soap12` : path;
  return stage.hub.app.inject({ method: 'POST', url, headers, payload: body });
}

type Sent = Awaited<ReturnType<typeof send>>;

function complaintOf({ version }: FuzzedCall, { statusCode, body, headers }: Sent): string | undefined {
  if (body.includes(secret)) return 'tells what another clinic has';
  if (body.includes(guids.concentrator)) return 'repeats the guid';
  if (inside.test(body)) return 'tells of the inside';
  const type = version === '1.1' ? /^text\/xml; charset=utf-8$/ : /^application\/soap\+xml; charset=utf-8$/;
  if (!type.test(String(headers['content-type']))) return `has the type ${headers['content-type']}`;
  const element = bodyOf(body);
  if (statusCode !== 200) {
    const blamed = /<faultcode>s:Client<|<s:Value>s:Sender</.test(body);
    return element.name === 'Fault' && blamed && statusCode === (version === '1.1' ? 500 : 400)
      ? undefined
      : 'is no fault of the sender';
  }
  const result = readResult(hubContract, element.name.replace(/Response$/, ''), element) as Result;
  const [error, ...others] = result.ErrorList ?? [];
  if (result.Success === true) return undefined;
  const isTold = error !== undefined && others.length === 0 && error.IdError! in errorTexts && error.ErrorDescription;
  if (error?.ErrorDescription === errorTexts[99]) return 'is a failure of ours';
  return result.Success === false && isTold ? undefined : 'is neither yes nor no';
}

interface Result {
  readonly Success?: boolean;
  readonly ErrorList?: readonly { readonly IdError?: number; readonly ErrorDescription?: string }[];
}

/** A machine that is busy with something else may be slow once; a call that is slow is slow again. */
async function isSlow(call: FuzzedCall, milliseconds: number): Promise<boolean> {
  for (let again = 0; milliseconds > slowest && again < 2; again++) {
    const start = performance.now();
    await send(call);
    milliseconds = performance.now() - start;
  }
  return milliseconds > slowest;
}

test(`${cases} fuzzed calls of the seed ${seed} are answered`, async () => {
  const random = randomOf(seed);
  const counts = new Map<string, number>();
  const served = new Set<string>();
  const complaints: string[] = [];
  let left = cases;
  let heap = 0;
  const work = async () => {
    while (left-- > 0) {
      // What has grown with the first tenth is caches; after that nothing must.
      if (left === Math.floor(cases * 0.9)) heap = process.memoryUsage().heapUsed;
      const call = fuzzCall(random, known as Known);
      const start = performance.now();
      const answer = await send(call);
      const slow = await isSlow(call, performance.now() - start);
      const complaint = complaintOf(call, answer) ?? (slow ? 'is slow' : undefined);
      const success = answer.body.includes('<h:Success>true');
      const kind = answer.statusCode === 200 ? `200 ${success}` : String(answer.statusCode);
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
      if (success) served.add(call.operation);
      if (complaint !== undefined && complaints.length < 10)
        complaints.push(
          `${call.operation} → ${answer.statusCode} ${complaint}: ${answer.body.slice(0, 300)}\n${call.body.toString().slice(0, 800)}`,
        );
    }
  };
  await Promise.all(Array.from({ length: 8 }, work));
  console.log(`seed ${seed}:`, Object.fromEntries([...counts].sort()));
  expect(complaints.join('\n')).toBe('');
  expect((process.memoryUsage().heapUsed - heap) / 1e6).toBeLessThan(300);
  // A fuzzer whose calls are all refused at the door would find nothing.
  expect(counts.get('200 true')!).toBeGreaterThan(cases / 10);
  expect(operations.filter((o) => served.has(o)).length).toBeGreaterThan(20);
  expect((await stage.call('GetLPUList')).result.Success).toBe(true);
}, 900_000);
