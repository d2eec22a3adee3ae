/** What an identity provider tells of a person. Made by connectors (`connectors/esia`), used by the pages of sign-in (`access`). */

export interface Identity {
  /** Id of the person at the provider. */
  readonly subject: string;
  /** The provider has seen the person's documents (ЕСИА: «подтверждённая учётная запись»). */
  readonly confirmed: boolean;
  readonly family: string;
  readonly given: string;
  readonly patronymic?: string;
  /** YYYY-MM-DD. */
  readonly birthDate?: string;
  readonly gender?: 'male' | 'female';
  /** Eleven digits, without hyphens. */
  readonly snils?: string;
  /** Number of the ОМС policy. */
  readonly oms?: string;
  readonly email?: string;
  /** +79990000000. */
  readonly phone?: string;
  /** Whom the person represents by law, as the provider knows them; without children of their own. */
  readonly children: readonly Omit<Identity, 'children' | 'confirmed'>[];
}

export interface IdentityProvider {
  /** Short name, in addresses and in the database: `esia`. */
  readonly name: string;
  /** What people read on the button: «Госуслуги». */
  readonly title: string;
  /** Where the browser is sent. @param state UUID, made for this sign-in alone @throws IdentityError */
  authorizationUrl(request: { state: string; redirectUri: string }): Promise<string>;
  /**
   * The person who has signed in.
   * @param code,error as they came back to `redirectUri` @throws IdentityError
   */
  identify(callback: {
    state: string;
    redirectUri: string;
    code?: string;
    error?: string;
    errorDescription?: string;
  }): Promise<Identity>;
  /** Where the browser is sent to end the session at the provider, too; undefined where there is no such thing. */
  logoutUrl(returnTo: string): string | undefined;
}

/**
 * Why a sign-in by a provider failed. `code` is the provider's own (`ESIA-007055`); the sentences say what the person can do.
 * The message of `cause` goes to the log: it is technical, without secrets and anything of the person.
 */
export class IdentityError extends Error {
  readonly code: string;
  /** For the person, in Russian and in English. */
  readonly sentence: { readonly ru: string; readonly en: string };
  /** `person`: he can mend it; `retry`: it may pass later; `operator`: a setting or a certificate is wrong. */
  readonly blame: 'person' | 'retry' | 'operator';

  constructor(
    code: string,
    sentence: { readonly ru: string; readonly en: string },
    blame: 'person' | 'retry' | 'operator',
    cause?: unknown,
  ) {
    super(`${code}: ${sentence.en}`, { cause });
    this.name = 'IdentityError';
    this.code = code;
    this.sentence = sentence;
    this.blame = blame;
  }
}
