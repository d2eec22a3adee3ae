/** What a person is asked, in order: who he is, whether his data may be processed, for whom the app shall act, and whether he allows it. */
import { interactionPolicy as base, type interactionPolicy as library } from 'oidc-provider';
import { isOwn } from './own-client.ts';
import type { Smart } from './smart.ts';
import { lacksConsent } from './terms.ts';

/** What was chosen between signing in and consenting; kept in the interaction, which no browser can write. */
export interface Choice {
  readonly role: 'patient' | 'doctor' | 'registrar' | 'moderator' | 'operator';
  readonly card: string | null;
  readonly patient: string | null;
  readonly encounter: string | null;
  /** Whose data, as the page of consent says it. */
  readonly name: string | null;
}

export function interactionPolicy(smart: Pick<Smart, 'pool' | 'terms'>): library.DefaultPolicy {
  const policy = base.base();
  // An account that was blocked since the browser signed in.
  policy
    .get('login')!
    .checks.add(
      new base.Check('no_account', 'the account may not sign in', (ctx) =>
        ctx.oidc.session?.accountId !== undefined && ctx.oidc.account === undefined
          ? base.Check.REQUEST_PROMPT
          : base.Check.NO_NEED_TO_PROMPT,
      ),
    );
  // Not on the page of apps: who does not consent to a new text must be able to withdraw what he consented to before.
  policy.add(
    new base.Prompt(
      { name: 'terms', requestable: false },
      new base.Check('no_consent', 'the person has not consented to the processing of data', async (ctx) => {
        const account = ctx.oidc.session?.accountId;
        return account !== undefined && !isOwn(ctx) && (await lacksConsent(smart, account))
          ? base.Check.REQUEST_PROMPT
          : base.Check.NO_NEED_TO_PROMPT;
      }),
    ),
    1,
  );
  policy.add(
    new base.Prompt(
      { name: 'context', requestable: false },
      new base.Check('no_context', 'for whom the app acts is not chosen', (ctx) =>
        ctx.oidc.result?.['context'] === undefined && !isOwn(ctx)
          ? base.Check.REQUEST_PROMPT
          : base.Check.NO_NEED_TO_PROMPT,
      ),
    ),
    2,
  );
  return policy;
}
