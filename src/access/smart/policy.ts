/** What a person is asked, in order: who he is, for whom the app shall act, and whether he allows it. */
import { interactionPolicy as base, type interactionPolicy as library } from 'oidc-provider';
import { isOwn } from './own-client.ts';

/** What was chosen between signing in and consenting; kept in the interaction, which no browser can write. */
export interface Choice {
  readonly role: 'patient' | 'doctor' | 'registrar' | 'moderator' | 'operator';
  readonly card: string | null;
  readonly patient: string | null;
  readonly encounter: string | null;
  /** Whose data, as the page of consent says it. */
  readonly name: string | null;
}

export function interactionPolicy(): library.DefaultPolicy {
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
  policy.add(
    new base.Prompt(
      { name: 'context', requestable: false },
      new base.Check('no_context', 'for whom the app acts is not chosen', (ctx) =>
        ctx.oidc.result?.['context'] === undefined && !isOwn(ctx)
          ? base.Check.REQUEST_PROMPT
          : base.Check.NO_NEED_TO_PROMPT,
      ),
    ),
    1,
  );
  return policy;
}
