/** One attempt at a step of a referral in УО: looked at, sent, looked at again (protocols/regiz.md §3.3). */
import { localOf } from '../../../instant.ts';
import type { WriteContext } from '../../connector.ts';
import type { FoundReferral } from '../../referral-ability.ts';
import type { StepOutcome, StepRequest } from '../../referral-step.ts';
import type { MqData } from '../contract/mq.ts';
import type { Call } from '../link.ts';
import { unsent } from '../unsent.ts';
import { failureOf } from './failure.ts';
import type { ReferralLink } from './link.ts';
import { isUnread, searchOne } from './search.ts';
import { shows, steps } from './steps.ts';

type Referral = MqData<'Referral'>;
/** How the caller tells of a referral, in the words of the contract of connectors. */
type Tell = (referral: Referral) => FoundReferral;

const absentText = 'Этого направления нет в системе направлений.';
const targetlessText = 'В направлении не указана организация, в которую направляют.';
const refusedText = 'Система направлений не приняла это действие.';
const stateText = (found: FoundReferral) =>
  `Состояние направления сейчас «${found.status.display}»: это действие невозможно.`;

export async function advance(
  link: ReferralLink,
  reference: string,
  request: StepRequest,
  tell: Tell,
  context: WriteContext,
): Promise<StepOutcome> {
  const look = await lookAt(link, reference, context);
  // Nothing has been sent yet.
  if (look === 'unread') return unsent;
  if (look === undefined) return { outcome: 'rejected', reason: 'rule', text: absentText };
  const found = tell(look);
  // Whatever the other clinic has done with it since is not ours.
  if (found.elsewhere) return { outcome: 'rejected', reason: 'rule', text: found.text, found };
  if (shows(found, request)) return { outcome: 'confirmed', found };
  const { from, parts } = steps[request.step];
  if (!from.includes(found.status.code)) return { outcome: 'rejected', reason: 'rule', text: stateText(found), found };
  const at = localOf(request.at, link.zone);
  const sent = parts({ settings: link.settings, request, at, referral: look });
  if (sent === undefined) return { outcome: 'rejected', reason: 'rule', text: targetlessText, found };
  return write(link, { reference, request, tell, context, status: found.status.code, sent });
}

interface Attempt {
  readonly reference: string;
  readonly request: StepRequest;
  readonly tell: Tell;
  readonly context: WriteContext;
  readonly status: string;
  readonly sent: Referral;
}

/** Whatever is answered, УО tells what became of it. */
async function write(
  link: ReferralLink,
  { reference, request, tell, context, status, sent }: Attempt,
): Promise<StepOutcome> {
  const referral = { ...sent, ReferralInfo: { IdMq: reference } };
  let failed: Exclude<StepOutcome, { outcome: 'confirmed' }> = { outcome: 'unknown', cause: 'the step does not show' };
  try {
    await link.write(steps[request.step].operation(status), { referral }, context);
  } catch (error) {
    failed = failureOf(link, error, refusedText);
    if (failed === unsent) return failed;
  }
  const look = await lookAt(link, reference, context);
  if (look === 'unread' || look === undefined) return failed;
  const found = tell(look);
  if (found.elsewhere) return { outcome: 'rejected', reason: 'rule', text: found.text, found };
  if (shows(found, request)) return { outcome: 'confirmed', found };
  if (failed.outcome !== 'rejected') return failed;
  // Somebody else was faster: he who sent it has withdrawn it, say.
  return { ...failed, text: found.status.code === status ? failed.text : stateText(found), found };
}

async function lookAt(link: ReferralLink, reference: string, call: Call): Promise<Referral | undefined | 'unread'> {
  try {
    return await searchOne(link, undefined, reference, call);
  } catch (error) {
    if (!isUnread(error)) throw error;
    return 'unread';
  }
}
