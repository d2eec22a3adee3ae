/** Settings of the profile `umc-http` that lead to the sandbox. */
import type { ProfileSettings } from '../stage.ts';

export const umcHttp: ProfileSettings = ({ origin, login, password, apiKey }) => ({
  profile: 'umc-http',
  url: `${origin}/umc`,
  login,
  password,
  key: apiKey,
});

/** For a base that publishes no Reservation; the sandbox has it switched off. */
export const umcHttpAtOnce: ProfileSettings = (sandbox) => {
  sandbox.settings({ jsonReservation: false });
  return { ...umcHttp(sandbox), booking: { reservation: false } };
};
