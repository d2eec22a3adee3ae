/** In which language a person reads. */

export const languages = ['ru', 'en'] as const;
export type Language = (typeof languages)[number];

/** The cookie by which a person has chosen his language. */
export const languageCookie = 'medmost-language';

/** His choice, else the first of Accept-Language (RFC 9110, 12.5.4) that there is, else Russian. */
export function languageOf(cookie: string | undefined, accepted: string | undefined): Language {
  const chosen = cookie?.match(/(?:^|;\s*)medmost-language=(ru|en)(?:;|$)/)?.[1];
  if (chosen !== undefined) return chosen as Language;
  const wishes = (accepted ?? '').split(',').map((part) => {
    const [tag = '', ...parameters] = part.trim().toLowerCase().split(';');
    const quality = parameters.map((p) => /^\s*q=([\d.]+)$/.exec(p)?.[1]).find((q) => q !== undefined);
    return { language: tag.split('-')[0]!, quality: Number(quality ?? 1) };
  });
  wishes.sort((a, b) => b.quality - a.quality);
  const found = wishes.find((w) => w.quality > 0 && (languages as readonly string[]).includes(w.language));
  return (found?.language as Language | undefined) ?? 'ru';
}
