/** No consent, nothing for an app: whoever has not consented to the text as it is now is asked, however he has signed in. */
import type { FastifyInstance, FastifyReply } from 'fastify';
import { errors } from 'oidc-provider';
import { hasConsent, insertConsent } from '../account/consent.sql.ts';
import { consentHash } from '../account/registration.ts';
import { termsPage, termsTexts } from './pages/terms.ts';
import type { Smart } from './smart.ts';
import { backTo, type Desk, finish, formOf, isByPassword, type Stage, show, stageOf } from './stage.ts';

/** Whether an account must consent before it goes on. */
export async function lacksConsent({ pool, terms }: Pick<Smart, 'pool' | 'terms'>, account: string): Promise<boolean> {
  return terms !== undefined && !(await hasConsent(pool, account, terms.version));
}

/** @throws SessionNotFound */
export function showTerms({ smart }: Desk, stage: Stage, reply: FastifyReply, problem?: string): FastifyReply {
  const { terms } = asked(smart, stage);
  const text = termsPage({ ...stage, terms, ...(problem !== undefined && { problem }) });
  return show(reply, text, backTo(stage), problem === undefined ? 200 : 400);
}

export function addTerms(app: FastifyInstance, desk: Desk): void {
  const { smart } = desk;
  app.post('/interaction/:uid/terms', async (request, reply) => {
    const stage = await stageOf(desk, request);
    const form = formOf(desk, request, stage.details.uid);
    const { terms, account } = asked(smart, stage);
    if (form.get('version') !== terms.version)
      return showTerms(desk, stage, reply, termsTexts[stage.frame.language].missing);
    const channel = isByPassword(stage) ? 'web' : 'esia';
    const { version, text } = terms;
    await insertConsent(smart.pool, {
      account,
      version,
      hash: consentHash(text),
      at: new Date(smart.clock()),
      channel,
    });
    // That he has consented the policy looks up: nothing that comes with the interaction can say so.
    return finish(desk, request, reply, { terms: version });
  });
}

function asked({ terms }: Smart, { details, account }: Stage) {
  if (details.prompt.name === 'terms' && terms !== undefined && account !== undefined) return { terms, account };
  throw new errors.SessionNotFound(`terms at the prompt ${details.prompt.name}`);
}
